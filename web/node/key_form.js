/** A form for the gateway's address and key. */
import { call, say } from "../api.js"
import { make } from "../controls.js"
import { change, redraw } from "../panel.js"
import { recordTest } from "../verdict.js"
import { openOverlay } from "./overlay.js"

/** Show the form: address and key are saved, then tested; `again` is what comes after that. */
export async function enterKey(again) {
  let status = await call("GET", "/status")
  if (status.profile === "sandbox") status = await change("POST", "/profile", { active: status.before_sandbox })
  const { base_url: address, api_key: secret } = status.fields
  const url = make("input", { type: "text", value: address.value ?? "", spellcheck: false, autocomplete: "off" })
  url.placeholder = "https://gateway.example"
  const key = make("input", { type: "password", autocomplete: "new-password", "data-1p-ignore": "", "data-lpignore": "true" })
  key.placeholder = secret.configured ? say("set_last4", { last4: secret.last4 }) : ""
  url.disabled = Boolean(address.variable)
  key.disabled = Boolean(secret.variable)
  const note = make("p", { className: "volcv-note", role: "status", textContent: status.refusal || say("key_hint") })
  again.hidden = true
  const save = make("button", { type: "submit", className: "volcv-primary", textContent: say("act_save") })
  const form = make(
    "form",
    { className: "volcv-key" },
    make("b", { textContent: say("key_title") }),
    make("label", { textContent: say("key_address") }, url),
    make("label", { textContent: say("key_key") }, key),
    note,
    make("div", { className: "volcv-actions" }, save),
    again
  )
  save.disabled = !status.writable
  form.addEventListener("submit", async (event) => {
    event.preventDefault()
    save.disabled = true
    note.className = "volcv-note"
    note.textContent = say("testing")
    const { text, good } = await saveAndTest(status.profile, url, key)
    note.className = `volcv-note volcv-${good ? "good" : "bad"}`
    note.textContent = text
    save.disabled = false
    save.parentElement.hidden = good
    again.hidden = !good
    if (good) again.querySelector("button").focus()
  })
  openOverlay("dialog", form)
  ;(url.value || url.disabled ? key : url).focus()
}

async function saveAndTest(profile, url, key) {
  const values = {}
  if (!url.disabled && url.value.trim()) values.base_url = url.value
  if (!key.disabled && key.value) values.api_key = key.value
  try {
    const status = await change("POST", "/settings", { profile, values })
    key.value = ""
    const { ok, error, seconds } = await call("POST", "/test", {})
    recordTest(status, ok)
    redraw()
    return { good: ok, text: ok ? say("test_ok", { seconds }) : error }
  } catch (error) {
    return { good: false, text: error.message }
  }
}
