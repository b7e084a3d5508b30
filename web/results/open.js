/** Calls that are not settled and that nothing here attends to: tasks, calls of other programs, lost answers. */
import { say } from "../api.js"
import { make } from "../controls.js"
import { copyButton } from "./list.js"
import { paidActions } from "./paid.js"
import { longTime, modelTitle, shortTime } from "./text.js"

const RECALL = "volcv recall"
const ICONS = { task: "pi-hourglass", elsewhere: "pi-spin pi-spinner", unknown: "pi-question-circle" }

export class OpenList {
  #shown = ""

  constructor() {
    this.heading = make("h3", {})
    this.list = make("div", { role: "list", className: "volcv-r-calls" })
    this.element = make("section", { className: "volcv-r-open-calls", hidden: true }, this.heading, this.list)
    this.element.setAttribute("aria-label", say("open_title"))
  }

  /** Show these calls; the elements stay as long as nothing has changed, and with them the focus. */
  update(calls, refusal) {
    this.element.hidden = calls.length === 0
    this.heading.textContent = say("open_count", { count: calls.length })
    const now = JSON.stringify([refusal, ...calls.map((one) => [one.id, one.kind, one.name])])
    if (this.#shown === now) return
    this.#shown = now
    this.list.replaceChildren(...calls.map((one) => openElement(one, refusal)))
  }
}

function openElement(one, refusal) {
  const title = modelTitle(one)
  const time = make("time", { textContent: shortTime(one.created), title: longTime(one.created) })
  const name = make("span", { className: "volcv-r-title", textContent: title, title })
  const text = make("div", { className: "volcv-r-text" }, make("div", { className: "volcv-r-line" }, name, time))
  if (one.prompt) {
    text.append(make("div", { className: "volcv-r-facts-line", textContent: one.prompt, title: one.prompt }))
  }
  const expires = one.kind === "task" ? say("open_expires", { time: longTime(one.expires) }) : ""
  const state = { className: `volcv-r-quiet volcv-r-${one.kind}`, textContent: stateOf(one), title: expires }
  text.append(make("div", state))
  if (one.kind === "task") text.append(copyCommand(one))
  if (one.kind !== "elsewhere") text.append(paidActions(one, refusal, one.kind))
  const icon = make("i", { className: `pi ${ICONS[one.kind]}`, "aria-hidden": "true" })
  return make("div", { className: "volcv-r-call", role: "listitem" }, icon, text)
}

function stateOf(one) {
  if (one.kind === "elsewhere") return say("open_elsewhere")
  if (one.kind === "unknown") return say("open_unknown", { time: shortTime(one.created) })
  return say("open_task")
}

function copyCommand({ task_id }) {
  const command = `${RECALL} ${task_id}`
  return copyButton(say("open_task_id", { id: task_id }), command, {
    label: say("open_copy", { command }),
    done: say("open_copied"),
    failed: say("open_not_copied")
  })
}
