import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'

/** An event of a run, as TensorBoard reads it. */
export type TensorboardEvent = ScalarsEvent | FileVersionEvent | SessionStartEvent

interface Timed {
  /** Seconds since 1970. */
  readonly wallTime: number
}

/** The figures of one step. A tag such as `epoch/loss` becomes a chart in the group `epoch`. */
export interface ScalarsEvent extends Timed {
  readonly type: 'scalars'
  /** A whole number from 0. */
  readonly step: number
  /** The values by tag, stored as float32. */
  readonly scalars: Readonly<Record<string, number>>
}

/** The first event of every file. */
export interface FileVersionEvent extends Timed {
  readonly type: 'file-version'
}

/** A resumed run. Readers drop the earlier events of this step and later ones. */
export interface SessionStartEvent extends Timed {
  readonly type: 'session-start'
  readonly step: number
}

/**
 * From this version on, readers recognise a resumed run by its session start and not by the order
 * of steps.
 */
const FILE_VERSION = 'brain.Event:2'

// The field numbers are those of tensorflow/core/util/event.proto and
// tensorflow/core/framework/summary.proto.
const EVENT = { wallTime: 1, step: 2, fileVersion: 3, summary: 5, sessionLog: 7 }
const SUMMARY = { value: 1 }
const VALUE = { tag: 1, simpleValue: 2 }
const SESSION_LOG = { status: 1 }
const START = 1

/**
 * The encoded start of each scalar's message by tag: everything before the value, which is always
 * the last four bytes.
 */
export type ScalarHeads = Map<string, Uint8Array>

/**
 * Encodes an event as a protocol buffer.
 *
 * @param heads a cache between calls, because encoding the tags is most of the work
 */
export function encodeEvent(event: TensorboardEvent, heads: ScalarHeads = new Map()): Uint8Array {
  const writer = new BinaryWriter()
  writer.tag(EVENT.wallTime, WireType.Bit64).double(event.wallTime)
  if (event.type === 'file-version') {
    return writer.tag(EVENT.fileVersion, WireType.LengthDelimited).string(FILE_VERSION).finish()
  }
  writer.tag(EVENT.step, WireType.Varint).int64(event.step)
  if (event.type === 'session-start') {
    return writer
      .tag(EVENT.sessionLog, WireType.LengthDelimited)
      .fork()
      .tag(SESSION_LOG.status, WireType.Varint)
      .int32(START)
      .join()
      .finish()
  }
  writer.tag(EVENT.summary, WireType.LengthDelimited).fork()
  for (const [tag, value] of Object.entries(event.scalars)) {
    const head = heads.get(tag) ?? scalarHead(tag)
    heads.set(tag, head)
    writer.raw(head).float(value)
  }
  return writer.join().finish()
}

const FLOAT_BYTES = 4

function scalarHead(tag: string): Uint8Array {
  const inner = new BinaryWriter()
    .tag(VALUE.tag, WireType.LengthDelimited)
    .string(tag)
    .tag(VALUE.simpleValue, WireType.Bit32)
    .finish()
  return new BinaryWriter()
    .tag(SUMMARY.value, WireType.LengthDelimited)
    .uint32(inner.length + FLOAT_BYTES)
    .raw(inner)
    .finish()
}
