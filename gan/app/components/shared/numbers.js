/** Numbers as people type them, in fields and links: what counts as one, as `gan/number_text.py` has it in Python. */

const NUMBER = /^[+-]?(\d{1,400}\.?\d{0,400}|\.\d{1,400})([eE][+-]?\d{1,3})?$/;

/**
 * What a text in plain digits stands for; NaN for anything else, such as "0x10", "1_0" or nothing.
 * @param {string} text
 */
export const numberOf = (text) => (NUMBER.test(text) ? Number(text) : Number.NaN);
