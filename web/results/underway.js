/** Calls that have not ended, with a way to stop those that are not yet sent or wait for a task. */
import { call, say } from "../api.js"
import { button, make } from "../controls.js"
import { toast } from "./actions.js"
import { duration, modelTitle } from "./text.js"

const PHASES = {
  queued: "phase_queued",
  encoding: "phase_encoding",
  waiting: "phase_waiting",
  uploading: "phase_uploading",
  working: "phase_working",
  in_queue: "phase_in_queue",
  generating: "phase_generating",
  backing_off: "phase_backing_off",
  downloading: "phase_downloading",
  decoding: "phase_decoding"
}
const OUTCOMES = { cancelled: "call_cancelled", left: "call_left", sent: "call_sent", ended: "call_ended" }

export class UnderwayList {
  #entries = new Map()

  constructor() {
    this.heading = make("h3", {})
    this.list = make("div", { role: "list", className: "volcv-r-calls" })
    this.element = make("section", { className: "volcv-r-underway", hidden: true }, this.heading, this.list)
    this.element.setAttribute("aria-label", say("calls_title"))
  }

  /** Show these calls; entries that stay keep their elements, and with them the focus. */
  update(calls, refusal) {
    this.element.hidden = calls.length === 0
    this.heading.textContent = say("calls_count", { count: calls.length })
    const kept = new Map()
    for (const one of calls) {
      const entry = this.#entries.get(one.id) ?? new Entry(one)
      entry.update(one, refusal)
      kept.set(one.id, entry)
    }
    for (const [id, { element }] of this.#entries) if (!kept.has(id)) element.remove()
    this.#entries = kept
    let before = this.list.firstElementChild
    for (const { element } of kept.values()) {
      if (element === before) before = before.nextElementSibling
      else this.list.insertBefore(element, before)
    }
  }
}

class Entry {
  #told = ""

  constructor(one) {
    this.id = one.id
    this.spinner = make("i", { className: "pi", "aria-hidden": "true" })
    this.phase = make("div", { className: "volcv-r-quiet" })
    this.seconds = make("span", { className: "volcv-r-seconds", title: say("calls_elapsed") })
    this.note = make("div", { className: "volcv-r-quiet", role: "status" })
    this.stop = button(say("cancel"), () => this.#cancel())
    const title = make("span", { className: "volcv-r-title", textContent: modelTitle(one), title: modelTitle(one) })
    const head = make("div", { className: "volcv-r-line" }, title, this.seconds)
    const text = make("div", { className: "volcv-r-text" }, head, this.phase, this.note)
    this.element = make("div", { className: "volcv-r-call", role: "listitem" }, this.spinner, text, this.stop)
  }

  update(one, refusal) {
    this.spinner.className = one.sent || one.task ? "pi pi-spin pi-spinner" : "pi pi-clock"
    const seed = one.seed === null ? "" : say("results_seed", { seed: one.seed })
    const retry = one.retries ? say("calls_retry", { number: one.retries, reason: one.reason }) : ""
    const phase = one.cancelled && !one.sent ? say("phase_cancelling") : say(PHASES[one.phase] ?? one.phase)
    const parts = [phase, retry, seed.replace(" ", "\u00a0")]
    this.phase.textContent = parts.filter(Boolean).join(" \u00b7 ")
    this.seconds.textContent = duration(Math.floor(one.seconds))
    this.stop.disabled = Boolean(refusal) || (one.cancelled && !one.sent)
    this.#nameStop(one, refusal)
    this.#say(this.#told || (one.cancelled && one.sent ? say("call_sent") : ""))
  }

  /** A call that waits for a task is not cancelled, only no longer waited for. */
  #nameStop(one, refusal) {
    const model = modelTitle(one)
    const word = say(one.task ? "calls_leave" : "cancel")
    if (this.stop.textContent !== word) this.stop.textContent = word
    this.stop.setAttribute("aria-label", say(one.task ? "calls_leave_of" : "calls_cancel", { model }))
    this.stop.title = refusal || (one.task ? say("calls_leave_hint") : "")
  }

  #say(text) {
    if (this.note.textContent !== text) this.note.textContent = text
  }

  async #cancel() {
    try {
      const { outcome } = await call("POST", `/calls/${this.id}/cancel`)
      this.#told = say(OUTCOMES[outcome])
      if (outcome === "left") toast("info", say("call_left"), say("calls_leave_hint")) // its row goes at once
    } catch (error) {
      this.#told = error.message
    }
    this.#say(this.#told)
  }
}
