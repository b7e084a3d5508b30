/** Tasks whose results are still to come and that nobody here waits for. */
import { say } from "../api.js"
import { make } from "../controls.js"
import { copyButton } from "./list.js"
import { longTime, modelTitle, shortTime } from "./text.js"

const RECALL = "volcv recall"

export class TaskList {
  #shown = ""

  constructor() {
    this.heading = make("h3", {})
    this.list = make("div", { role: "list", className: "volcv-r-calls" })
    const hint = make("p", { className: "volcv-r-quiet", textContent: say("tasks_hint") })
    const inside = [this.heading, hint, this.list]
    this.element = make("section", { className: "volcv-r-tasks", hidden: true }, ...inside)
    this.element.setAttribute("aria-label", say("tasks_title"))
  }

  /** Show these tasks; the elements stay as long as nothing has changed, and with them the focus. */
  update(tasks) {
    this.element.hidden = tasks.length === 0
    this.heading.textContent = say("tasks_count", { count: tasks.length })
    const now = tasks.map((one) => one.task_id).join()
    if (this.#shown === now) return
    this.#shown = now
    this.list.replaceChildren(...tasks.map(taskElement))
  }
}

function taskElement(one) {
  const title = modelTitle(one)
  const times = say("tasks_times", { created: longTime(one.created), expires: longTime(one.expires) })
  const command = `${RECALL} ${one.task_id}`
  const copyIt = copyButton(say("tasks_id", { id: one.task_id }), command, {
    label: say("tasks_copy", { command }),
    done: say("tasks_copied"),
    failed: say("tasks_not_copied")
  })
  const submitted = make("time", { textContent: say("tasks_submitted", { time: shortTime(one.created) }), title: times })
  const name = make("span", { className: "volcv-r-title", textContent: title, title })
  const text = make("div", { className: "volcv-r-text" }, make("div", { className: "volcv-r-line" }, name, submitted))
  if (one.prompt) {
    text.append(make("div", { className: "volcv-r-facts-line", textContent: one.prompt, title: one.prompt }))
  }
  text.append(copyIt)
  const icon = make("i", { className: "pi pi-hourglass", "aria-hidden": "true" })
  return make("div", { className: "volcv-r-call", role: "listitem" }, icon, text)
}
