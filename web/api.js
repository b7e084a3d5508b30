/** Calls to the pack's routes, and its texts in the language of the page. */
import { api } from "../../scripts/api.js"
import { app } from "../../scripts/app.js"

const texts = await fetch(new URL("./strings.json", import.meta.url))
  .then((answer) => answer.json())
  .catch(() => ({ en: {} }))

/** ComfyUI's language, such as "zh-TW"; the browser's while the user has not chosen one. */
export function locale() {
  return String(app.extensionManager?.setting?.get("Comfy.Locale") ?? "en")
}

/** The text of that name, with {placeholders} filled in. */
export function say(name, values = {}) {
  const own = locale().startsWith("zh") ? texts.zh : texts.en
  const text = own?.[name] ?? texts.en?.[name] ?? name
  return text.replace(/\{(\w+)\}/g, (whole, key) => String(values[key] ?? whole))
}

/** The JSON answer of a route below /volcv. Throws an Error whose message is fit to be shown. */
export async function call(method, path, body) {
  const options = { method, cache: "no-store" }
  if (method !== "GET") {
    options.headers = { "Content-Type": "application/json" }
    options.body = JSON.stringify(body ?? {})
  }
  let answer
  try {
    answer = await api.fetchApi(`/volcv${path}`, options)
  } catch {
    throw new Error(say("no_server"))
  }
  const content = await answer.json().catch(() => null)
  if (!answer.ok || content === null) {
    throw new Error(content?.error ?? say("server_error", { status: answer.status }))
  }
  return content
}
