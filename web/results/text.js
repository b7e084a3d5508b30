/** Numbers, times and names as they are shown. */
import { locale, say } from "../api.js"

function formats(kind, value, options) {
  try {
    return new Intl[kind](locale(), options).format(value)
  } catch {
    return new Intl[kind]("en", options).format(value) // a language that the browser does not know
  }
}

export const number = (value, digits = 0) => formats("NumberFormat", value, { maximumFractionDigits: digits })

/** "3.4 s" below a minute, then "2:05". */
export function duration(seconds) {
  if (seconds < 60) return say("results_seconds", { seconds: number(seconds, 1) })
  const whole = Math.floor(seconds)
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`
}

/** The hour of today's results, else the day. */
export function shortTime(unix) {
  const date = new Date(unix * 1000)
  const now = new Date()
  if (date.toDateString() === now.toDateString()) return formats("DateTimeFormat", date, { timeStyle: "short" })
  const year = date.getFullYear() === now.getFullYear() ? {} : { year: "numeric" }
  return formats("DateTimeFormat", date, { month: "short", day: "numeric", ...year })
}

export const longTime = (unix) =>
  formats("DateTimeFormat", new Date(unix * 1000), { dateStyle: "medium", timeStyle: "medium" })

export function size(bytes) {
  return bytes < 2 ** 20 ? `${number(bytes / 2 ** 10)} KB` : `${number(bytes / 2 ** 20, 1)} MB`
}

/**
 * The node's title in the language of the page, without the vendor in brackets; the model's own if it has no node.
 * For one of a family, with the choice that tells it from the others.
 */
export function modelTitle({ choice, ...model }) {
  const name = shortTitle(model)
  return choice ? say("results_family", { name, choice }) : name
}

/** The prompt; for one of a family, such as a style, with its choice first. */
export const promptLine = ({ choice, prompt }) => [choice, prompt].filter(Boolean).join(" \u00b7 ")

/** The title of a model, or of its family. */
export function shortTitle({ node, title }) {
  const shown = globalThis.LiteGraph?.registered_node_types?.[node]?.title ?? title
  return shown.replace(/\s*[(\uff08][^()\uff08\uff09]*[)\uff09]\s*$/, "")
}

/** What a result cost its owner: a word, the whole of it, and the kind, which is a class of the mark. */
export function chargeOf(row) {
  const made = say(row.charged ? "results_charged" : "results_sandbox_long")
  const word = say(row.charged ? "results_charged" : "results_sandbox")
  if (!row.reuses) return { word, whole: made, kind: row.charged ? "paid" : "sandbox" }
  const count = number(row.reuses)
  const whole = say("results_reused_whole", { made, reused: say("results_reused_long", { count }) })
  return { word: say("results_reused", { count }), whole, kind: "free" }
}

/** Why a result that is paid is still to be fetched, in short; of some pictures only, where others are there. */
export function unfetched({ kind, pictures, problem }) {
  const name = pictures ? "paid_partly" : kind === "video" ? "paid_video" : "paid_picture"
  return [say(name), problem].filter(Boolean).join(" ")
}

const TEXTS = {
  rephraser_result: "text_rephraser",
  predict_tags_result: "text_tags",
  pe_result: "text_expanded",
  llm_result: "text_llm"
}

/** What the service calls a text, in words. */
export const textName = (field) => (field in TEXTS ? say(TEXTS[field]) : field)

/** The seed, or `random` where the service chose it; empty for a model that has no seed. */
export const seedOf = (row, random) => row.seed ?? (row.seeded ? random : "")

/** Kind, seed and duration as far as they are known and worth saying. */
export function facts(row) {
  const video = row.kind === "video"
  const seed = seedOf(row, say("results_random"))
  const took = row.seconds === null ? "" : duration(row.seconds)
  return [
    video ? say("results_video") : "",
    seed === "" ? "" : say("results_seed", { seed }),
    took && video ? say("results_took", { duration: took }) : took // it is not how long the video is
  ].filter(Boolean)
}

/** The beginning of a request id, which is its date, and its end, which tells it from others. */
export const shortId = (id) => (id.length > 18 ? `${id.slice(0, 8)}\u2026${id.slice(-6)}` : id)
