/** [row, column, channel, output channel] to [tile of 4 output channels][channel][row][column][4]; missing channels are 0. */
export function packForward(w: usize, target: usize, area: i32, channels: i32, outChannels: i32): void {
  let to = target
  for (let o = 0; o < outChannels; o += 4) {
    for (let c = 0; c < channels; c++) {
      for (let tap = 0; tap < area; tap++) {
        const from = w + (<usize>((tap * channels + c) * outChannels + o) << 2)
        if (o + 4 <= outChannels) v128.store(to, v128.load(from))
        else for (let i = 0; i < 4; i++) {
          store<f32>(to + (<usize>i << 2), o + i < outChannels ? load<f32>(from + (<usize>i << 2)) : 0)
        }
        to += 16
      }
    }
  }
}

/** [row, column, channel, output channel] to [tile of 4 channels][row][column][output channel][4]; missing channels are 0. */
export function packBackward(w: usize, target: usize, area: i32, channels: i32, outChannels: i32): void {
  let to = target
  const line: usize = <usize>outChannels << 2
  for (let c = 0; c < channels; c += 4) {
    for (let tap = 0; tap < area; tap++) {
      for (let o = 0; o < outChannels; o++) {
        let from = w + (<usize>((tap * channels + c) * outChannels + o) << 2)
        for (let i = 0; i < 4; i++) {
          store<f32>(to + (<usize>i << 2), c + i < channels ? load<f32>(from) : 0)
          from += line
        }
        to += 16
      }
    }
  }
}
