/** The settings panel's Check: every check that costs nothing, a line each. */
import { call, say } from "./api.js"
import { button, make, makeNote } from "./controls.js"
import { settled } from "./panel.js"

const KINDS = { ok: "good", failed: "bad", skipped: "plain" }

export function checkControl(id) {
  const note = makeNote(id)
  const list = make("ul", { className: "volcv-checks", "aria-labelledby": `${id}-label` })
  const run = button(say("check"), check)
  run.setAttribute("aria-describedby", `${id}-label ${id}-note`)
  let seen = ""
  let running = false

  function line({ name, state, text }) {
    return make("li", { className: `volcv-note volcv-${KINDS[state]}`, textContent: text, "data-check": name })
  }

  async function check() {
    if (running) return
    running = true
    run.setAttribute("aria-disabled", "true")
    list.replaceChildren()
    note.say(say("testing"))
    try {
      await settled()
      const { checks, error } = await call("POST", "/check", {})
      list.append(...checks.map(line))
      note.say(error ?? "", error ? "bad" : "")
    } catch (error) {
      note.say(error.message, "bad")
    }
    list.scrollIntoView({ block: "nearest" })
    running = false
    run.removeAttribute("aria-disabled")
  }

  return {
    element: make("div", { className: "volcv" }, make("div", { className: "volcv-row" }, run), note.element, list),
    update(status) {
      run.disabled = !status.writable
      const now = JSON.stringify([status.profile, status.fields])
      // A result says nothing about settings that were changed since.
      if (now !== seen && !running) list.replaceChildren()
      seen = now
    },
    fail() {
      run.disabled = true
    }
  }
}
