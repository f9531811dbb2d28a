/** What went wrong, in words. */

/**
 * The sentence for the user that an error of the engine is.
 * @param {unknown} error
 */
export const messageOf = (error) => (error instanceof Error ? error.message : String(error));
