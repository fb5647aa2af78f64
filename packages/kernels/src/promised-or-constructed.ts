/**
 * Returns what a function of WebAssembly promises, or what a constructor of it makes in engines
 * without such promises. The promise is preferred, because browsers compile and instantiate only
 * small modules synchronously on the main thread of a page.
 *
 * @param promised returns the promise; a function that is missing, or one that throws instead of
 *   rejecting, as in gjs, means that the engine has none
 */
export async function promisedOrConstructed<Result>(
  promised: () => Promise<Result>,
  constructed: () => Result,
): Promise<Result> {
  let promise: Promise<Result>
  try {
    promise = promised()
  } catch {
    // If it was another reason, the constructor fails for it too, and its error is the one to see.
    return constructed()
  }
  return promise
}
