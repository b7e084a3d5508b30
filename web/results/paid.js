/** What can be done with a call that is paid and not stored: fetch its result, or discard it. Neither is charged. */
import { call, say } from "../api.js"
import { button, make } from "../controls.js"
import { toast } from "./actions.js"
import { modelTitle } from "./text.js"

const fetching = new Set()

/** Texts of discarding, by the kind of the call; without a question it is done at once. */
const DISCARD = {
  answered: { word: "paid_discard", hint: "paid_discard_hint", question: "paid_discard_sure" },
  task: { word: "paid_discard", hint: "paid_discard_task", question: "paid_discard_sure" },
  unknown: { word: "paid_dismiss", hint: "paid_dismiss_hint", question: "" }
}

/** Fetch a result; its end is told by a toast, and its row shows the rest. */
export async function fetchPaid(one) {
  if (fetching.has(one.id)) return
  fetching.add(one.id)
  try {
    const { outcome, notes } = await call("POST", `/results/${one.id}/fetch`)
    const severity = notes.length ? "warn" : "success"
    if (outcome === "fetched") toast(severity, say("paid_fetched", { model: modelTitle(one) }), notes.join("\n"))
  } catch (error) {
    toast("error", say("paid_not_fetched"), error.message)
  } finally {
    fetching.delete(one.id)
  }
}

/** Discard a call with its answer. */
export async function discardPaid(one) {
  try {
    await call("DELETE", `/results/${one.id}`)
    return true
  } catch (error) {
    toast("error", say("paid_not_discarded"), error.message)
    return false
  }
}

/** Buttons for a call of that kind; the question whether to discard takes their place. */
export function paidActions(one, refusal, kind) {
  const box = make("div", { className: "volcv-r-paid-actions" })
  const { word, hint, question } = DISCARD[kind]
  const model = modelTitle(one)

  function control(name, label, title, onclick, style = "") {
    const made = button(say(name), onclick, style)
    made.disabled = Boolean(refusal)
    made.title = refusal || title
    made.setAttribute("aria-label", say(label, { word: say(name), model }))
    return made
  }

  function draw() {
    const fetch = control("paid_fetch", "paid_of", say("paid_fetch_hint"), async () => {
      fetch.disabled = true
      await fetchPaid(one)
      fetch.disabled = Boolean(refusal)
    })
    const discard = control(word, "paid_of", say(hint), () => (question ? ask() : drop(discard)))
    fetch.disabled ||= fetching.has(one.id)
    box.replaceChildren(...(kind === "unknown" ? [] : [fetch]), discard)
    return discard
  }

  function ask() {
    const sure = control(word, "paid_of", say(hint), () => drop(sure), "danger")
    const back = button(say("cancel"), () => draw().focus())
    const text = make("span", { textContent: say(question), title: say(hint), role: "alert" })
    box.replaceChildren(text, sure, back)
    back.focus()
  }

  async function drop(pressed) {
    pressed.disabled = true
    if (!(await discardPaid(one))) draw()
  }

  draw()
  return box
}
