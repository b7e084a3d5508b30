/** The controls of the settings panel, as plain elements. */
import { say } from "./api.js"
import { change } from "./panel.js"
import { testResult } from "./verdict.js"

/** A new element with properties, attributes (names with a dash, and role) and children. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "role") element.setAttribute(name, value)
    else element[name] = value
  }
  element.append(...children)
  return element
}

/** Add stylesheets that stand beside the module of that URL. */
export function addStyle(module, ...files) {
  for (const file of files) document.head.append(make("link", { rel: "stylesheet", href: new URL(file, module).href }))
}

/** A line under a control that is read out when it changes: note.say(text, "bad" | "good" | ""). */
export function makeNote(id) {
  const element = make("p", { id: `${id}-note`, className: "volcv-note", role: "status" })
  return {
    element,
    say(text, kind = "") {
      element.className = kind ? `volcv-note volcv-${kind}` : "volcv-note"
      if (element.textContent !== text) element.textContent = text
    }
  }
}

export function button(text, onclick, kind = "") {
  return make("button", { type: "button", textContent: text, onclick, className: kind && `volcv-${kind}` })
}

/** What ties a control to the label that ComfyUI drew and to its note. */
function described(id) {
  return { "aria-labelledby": `${id}-label`, "aria-describedby": `${id}-note` }
}

/**
 * A control for one field of the active profile. `kind` has the input, `show(input, facts, tested)` to write the server's
 * value into it and `read(input)` for the value to send; `secret` fields are emptied once saved.
 */
function fieldControl(id, field, kind) {
  const { input, show, read, secret = false, inside = false } = kind
  const note = makeNote(id)
  const mark = make("span", { className: "volcv-mark", role: "status" })
  const box = make("span", { className: inside ? "volcv-box volcv-inside" : "volcv-box" }, input, mark)
  const remove = button(say("remove"), () => send(null, "removed"))
  remove.setAttribute("aria-describedby", `${id}-label`)
  const row = make("div", { className: "volcv-row" }, box, ...(secret ? [remove] : []))
  input.disabled = true // until the server has said what is set
  remove.hidden = true
  let profile = null
  let facts = null
  let tested = null
  let changed = false
  let refusal = ""
  let told = "" // what the server changed about the value

  function draw() {
    const given = facts?.variable ? say("from_environment", { variable: facts.variable }) : ""
    const bad = refusal || facts?.problem || ""
    input.setAttribute("aria-invalid", String(Boolean(bad)))
    note.say(bad || told || given, bad ? "bad" : "")
  }

  async function send(value, done) {
    try {
      changed = false
      refusal = told = ""
      const { notes } = await change("POST", "/settings", { profile, values: { [field]: value } })
      told = notes?.[field] ?? ""
      if (secret && !changed) input.value = ""
      mark.textContent = say(done)
    } catch (error) {
      // What was typed stays, to be corrected; a switch goes back.
      changed = input.type !== "checkbox"
      if (!changed) show(input, facts, tested)
      refusal = error.message
    }
    draw()
  }

  input.addEventListener("input", () => {
    changed = true
    mark.textContent = ""
  })
  input.addEventListener("change", () => {
    if (!secret || input.value) send(read(input), "saved")
  })

  return {
    element: make("div", { className: "volcv" }, row, note.element),
    update(status) {
      if (status.profile !== profile) {
        changed = false
        refusal = told = mark.textContent = ""
        if (secret) input.value = ""
      }
      profile = status.profile
      facts = status.fields[field]
      input.disabled = !facts || Boolean(facts.variable) || !status.writable
      remove.hidden = !(facts?.configured && facts.source === "profile")
      remove.disabled = !status.writable
      tested = testResult(status)
      if (!changed) show(input, facts, tested)
      draw()
    },
    fail(error) {
      input.disabled = remove.disabled = true
      note.say(error.message, "bad")
    }
  }
}

/** A line of text; empty means unset. */
export function textControl(field, placeholder) {
  return (id) =>
    fieldControl(id, field, {
      input: make("input", { type: "text", autocomplete: "off", spellcheck: false, ...described(id) }),
      inside: true,
      show(input, facts) {
        input.value = facts?.value ?? ""
        input.placeholder = facts ? placeholder : say("not_in_sandbox")
      },
      read: (input) => input.value
    })
}

/** A key that goes in and never comes back: the server tells only whether it is set, and its last characters. */
export function secretControl(field) {
  const options = {
    type: "password",
    // What browsers and password managers honour, so that they neither fill in nor offer to keep the key.
    autocomplete: "new-password",
    "data-1p-ignore": "",
    "data-lpignore": "true",
    "data-bwignore": "",
    spellcheck: false
  }
  return (id) =>
    fieldControl(id, field, {
      input: make("input", { ...options, ...described(id) }),
      secret: true,
      inside: true,
      show(input, facts, tested) {
        if (!facts) input.placeholder = say("not_in_sandbox")
        else if (!facts.configured) input.placeholder = say("not_set")
        else if (tested === null) input.placeholder = facts.last4 ? say("set_last4_untested", facts) : say("set_untested")
        else input.placeholder = facts.last4 ? say("set_last4", facts) : say("set")
      },
      read: (input) => input.value
    })
}

/** A number within the server's bounds; empty means the default. */
export function numberControl(field, step) {
  return (id) =>
    fieldControl(id, field, {
      input: make("input", { type: "number", step, ...described(id) }),
      show(input, facts) {
        input.min = facts?.min ?? ""
        input.max = facts?.max ?? ""
        input.placeholder = facts ? say("show_default", { value: facts.default }) : ""
        input.value = facts && facts.source !== "default" ? (facts.value ?? "") : ""
      },
      // What is no number reads as empty; the server shall refuse it instead of taking it for "unset".
      read: (input) => (input.validity.badInput ? "?" : input.value)
    })
}

export function switchControl(field) {
  return (id) =>
    fieldControl(id, field, {
      input: make("input", { type: "checkbox", role: "switch", ...described(id) }),
      show(input, facts) {
        input.checked = Boolean(facts?.value)
      },
      read: (input) => input.checked
    })
}

/** Fill a select with [value, text] pairs. */
export function fill(select, options, value) {
  select.replaceChildren(...options.map(([key, text]) => new Option(text, key, false, key === value)))
}

/** A select that is saved by `save(value)`. */
export function selectControl(id, save, refresh) {
  const note = makeNote(id)
  const mark = make("span", { className: "volcv-mark", role: "status" })
  const select = make("select", { disabled: true, ...described(id) })
  select.addEventListener("change", async () => {
    mark.textContent = ""
    try {
      await save(select.value)
      mark.textContent = say("saved")
    } catch (error) {
      note.say(error.message, "bad")
    }
  })
  const box = make("span", { className: "volcv-box" }, select, mark)
  return {
    element: make("div", { className: "volcv" }, make("div", { className: "volcv-row" }, box), note.element),
    update: (status) => refresh(status, select, note),
    fail: (error) => note.say(error.message, "bad")
  }
}

/** A switch without a field of its own: `save(on)`, and `refresh(status, input, note)`. */
export function actionSwitch(id, save, refresh) {
  const note = makeNote(id)
  const input = make("input", { type: "checkbox", role: "switch", disabled: true, ...described(id) })
  input.addEventListener("change", async () => {
    const wanted = input.checked
    try {
      await save(wanted)
    } catch (error) {
      input.checked = !wanted
      note.say(error.message, "bad")
    }
  })
  return {
    element: make("div", { className: "volcv" }, make("div", { className: "volcv-row" }, input), note.element),
    update: (status) => refresh(status, input, note),
    fail: (error) => note.say(error.message, "bad")
  }
}
