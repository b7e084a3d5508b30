/** How many calls were charged today and this month, by model. */
import { call, say } from "../api.js"
import { make } from "../controls.js"
import { modelTitle, number } from "./text.js"

export class Spending {
  constructor() {
    this.summary = make("summary")
    this.table = make("table")
    this.element = make("details", { className: "volcv-r-spending", hidden: true }, this.summary, this.table)
  }

  async refresh() {
    try {
      this.#draw(await call("GET", "/charges"))
    } catch {
      this.element.hidden = true // the list says what is wrong
    }
  }

  #draw({ today, month }) {
    this.element.hidden = false
    const counts = [
      [say("spent_today"), today],
      [say("spent_month"), month]
    ]
    this.summary.replaceChildren(
      make("span", { className: "volcv-r-label", textContent: say("spent_title") }),
      ...counts.map(([name, { calls }]) => make("span", {}, `${name} `, make("b", { textContent: number(calls) })))
    )
    const earlier = new Map(today.models.map((one) => [one.model, one.calls]))
    const line = (kind, texts) =>
      make("tr", {}, ...texts.map((text, column) => make(column ? kind : "th", { textContent: text })))
    this.table.replaceChildren(
      line("th", [say("spent_model"), say("spent_today"), say("spent_month")]),
      ...month.models.map((one) =>
        line("td", [modelTitle(one), number(earlier.get(one.model) ?? 0), number(one.calls)])
      ),
      line("td", [say("spent_all"), number(today.calls), number(month.calls)])
    )
  }
}
