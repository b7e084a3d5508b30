/** The controls of the settings panel that are not one field: profile, test, about. */
import { call, say } from "./api.js"
import { button, fill, make, makeNote } from "./controls.js"
import { change, redraw, settled } from "./panel.js"
import { recordTest, testResult } from "./verdict.js"

const SANDBOX = "sandbox"

/** Choose, make and delete profiles; its note says whether the active one is ready to use. */
export function profileControl(id) {
  const note = makeNote(id)
  const select = make("select", { disabled: true, "aria-labelledby": `${id}-label`, "aria-describedby": `${id}-note` })
  const name = make("input", { type: "text", maxLength: 40, autocomplete: "off", spellcheck: false })
  name.setAttribute("aria-label", say("new_profile"))
  name.placeholder = say("new_profile")
  const question = make("span")
  const create = button(say("new"), () => ask(naming, name))
  const erase = button(say("delete"), () => ask(asking, cancelErase))
  const cancelErase = button(say("cancel"), () => ask(choosing, erase))
  const choosing = make("div", { className: "volcv-row" }, select, create, erase)
  const naming = make(
    "div",
    { className: "volcv-row", hidden: true },
    name,
    button(say("create"), () => makeProfile(), "primary"),
    button(say("cancel"), () => ask(choosing, create))
  )
  const asking = make(
    "div",
    { className: "volcv-row", hidden: true },
    question,
    button(say("delete"), () => deleteProfile(), "danger"),
    cancelErase
  )
  let status = null

  function ask(row, focused) {
    for (const one of [choosing, naming, asking]) one.hidden = one !== row
    question.textContent = say("confirm_delete", { name: status?.profile ?? "" })
    focused?.focus()
  }

  async function attempt(method, path, body) {
    try {
      await change(method, path, body)
      name.value = ""
      ask(choosing, select)
    } catch (error) {
      if (status) select.value = status.profile
      note.say(error.message, "bad")
    }
  }

  const makeProfile = () => attempt("POST", "/profile", { active: name.value.trim() })
  const deleteProfile = () => attempt("DELETE", `/profile/${encodeURIComponent(status.profile)}`)
  select.addEventListener("change", () => attempt("POST", "/profile", { active: select.value }))
  name.addEventListener("keydown", (event) => {
    if (event.key === "Enter") makeProfile()
    if (event.key === "Escape") {
      event.stopPropagation() // it would close the whole dialog
      ask(choosing, create)
    }
  })

  return {
    element: make("div", { className: "volcv" }, choosing, naming, asking, note.element),
    update(fresh) {
      status = fresh
      const names = fresh.profiles.includes(fresh.profile) ? fresh.profiles : [...fresh.profiles, fresh.profile]
      fill(select, names.map((one) => [one, one]), fresh.profile)
      const fixed = !fresh.writable || Boolean(fresh.active_variable)
      select.disabled = create.disabled = fixed
      erase.disabled = fixed || fresh.profile === SANDBOX
      const given = fresh.active_variable ? say("from_environment", { variable: fresh.active_variable }) : ""
      const missing = fresh.missing && `${fresh.missing} ${say("fill_in")}`
      const bad = fresh.refusal || (missing ? "" : fresh.problem)
      const [ready, kind] = readiness(fresh)
      note.say([given, bad || missing || say(ready)].filter(Boolean).join(" "), bad ? "bad" : missing ? "plain" : kind)
    },
    fail(error) {
      select.disabled = create.disabled = erase.disabled = true
      note.say(error.message, "bad")
    }
  }
}

/** Text and kind of the note about a profile that is filled in. */
function readiness(status) {
  if (status.profile === SANDBOX) return ["ready_sandbox", "good"]
  const tested = testResult(status)
  if (tested === null) return ["untested", "plain"]
  return tested ? ["tested", "good"] : ["test_failed", "bad"]
}

/** Proves the key of the active profile, after everything that was typed has been saved. */
export function testControl(id) {
  const note = makeNote(id)
  const run = button(say("test"), test, "primary")
  run.setAttribute("aria-describedby", `${id}-label ${id}-note`)
  let seen = ""
  let current = null
  let running = false

  async function test() {
    if (running) return
    running = true
    run.setAttribute("aria-disabled", "true")
    note.say(say("testing"))
    try {
      await settled()
      const { ok, error, seconds, profile } = await call("POST", "/test", {})
      const done = profile === SANDBOX ? "test_ok_sandbox" : "test_ok"
      note.say(ok ? say(done, { seconds }) : error, ok ? "good" : "bad")
      if (current?.profile === profile && profile !== SANDBOX) recordTest(current, ok)
      redraw()
    } catch (error) {
      note.say(error.message, "bad")
    }
    note.element.scrollIntoView({ block: "nearest" })
    running = false
    run.removeAttribute("aria-disabled")
  }

  return {
    element: make("div", { className: "volcv" }, make("div", { className: "volcv-row" }, run), note.element),
    update(status) {
      current = status
      run.disabled = !status.writable
      const now = JSON.stringify([status.profile, status.fields])
      // A result says nothing about settings that were changed since.
      if (now !== seen && !running) note.say(say("test_hint"))
      seen = now
    },
    fail() {
      run.disabled = true
    }
  }
}

/** Version and folder, for reports and for who looks for the file. */
export function aboutControl(id) {
  const note = makeNote(id)
  return {
    element: make("div", { className: "volcv" }, note.element),
    update: ({ version, home }) => note.say(`${version}, ${home}`),
    fail: () => note.say("")
  }
}
