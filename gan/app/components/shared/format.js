/** Numbers and times in words. */

/** @import { SettingValue } from "../types.d.ts" */

const COUNT = new Intl.NumberFormat("en-US");

/**
 * 12,345
 * @param {number} n
 */
export const count = (n) => COUNT.format(Math.round(n));

/**
 * A knob's value without an exponent: 0.0002, 0.5, 100.
 * @param {number} x
 * @param {number} [digits] the most significant digits
 */
export function value(x, digits = 4) {
  if (!Number.isFinite(x)) return "–";
  if (x === 0) return "0";
  const places = Math.min(12, Math.max(0, digits - 1 - Math.floor(Math.log10(Math.abs(x)))));
  const text = x.toFixed(places);
  return text.includes(".") ? text.replace(/0+$/, "").replace(/\.$/, "") : text;
}

/**
 * Any knob's value as JSON has it: a number, a word or a list.
 * @param {SettingValue | null} x
 */
export function anyValue(x) {
  return typeof x === "number" ? value(x) : Array.isArray(x) ? x.join(", ") : String(x);
}

/**
 * Two numbers as "5 : 1" or "1 : 50".
 * @param {number} a
 * @param {number} b
 */
export function ratio(a, b) {
  const r = a / b;
  return r >= 0.995 ? `${value(r, 3)} : 1` : `1 : ${value(1 / r, 3)}`;
}

/**
 * 0.652, with as many decimal places whatever the number.
 * @param {number} x
 * @param {number} [places]
 */
export const figure = (x, places = 3) => (Number.isFinite(x) ? x.toFixed(places) : "–");

/**
 * 640 kB, 86 MB, 1.2 GB
 * @param {number} n
 */
export function bytes(n) {
  const unit = n < 1e6 ? "kB" : n < 1e9 ? "MB" : "GB";
  const size = n / { kB: 1e3, MB: 1e6, GB: 1e9 }[unit];
  return `${size < 10 && unit !== "kB" ? size.toFixed(1) : Math.round(size)} ${unit}`;
}

/**
 * 45 s, 3 min 20 s, 2 h 5 min, 3 d 4 h
 * @param {number} seconds
 */
export function duration(seconds) {
  if (!Number.isFinite(seconds) || seconds < 0) return "–";
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  return `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
}

/**
 * The hour and minute of a time as people here write it: 14:32.
 * @param {number} time seconds since 1970
 */
export const clock = (time) => new Date(time * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

/**
 * How long ago a time was: "just now", "3 min ago".
 * @param {number} time seconds since 1970
 * @param {number} [now]
 */
export function age(time, now = Date.now() / 1000) {
  const s = Math.max(0, now - time);
  if (s < 60) return "just now";
  if (s < 3600) return `${Math.floor(s / 60)} min ago`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ago`;
  return `${Math.floor(s / 86400)} d ago`;
}
