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
    const cost = (value) => (value === null ? "" : number(value, 4))
    const earlier = new Map(today.models.map((one) => [one.model, one.calls]))
    const costs = month.cost !== null
    const line = (kind, texts) => {
      const cells = texts.slice(0, costs ? 4 : 3)
      return make("tr", {}, ...cells.map((text, column) => make(column ? kind : "th", { textContent: text })))
    }
    this.table.replaceChildren(
      line("th", [say("spent_model"), say("spent_today"), say("spent_month"), say("spent_cost")]),
      ...month.models.map((one) =>
        line("td", [modelTitle(one), number(earlier.get(one.model) ?? 0), number(one.calls), cost(one.cost)])
      ),
      line("td", [say("spent_all"), number(today.calls), number(month.calls), cost(month.cost)])
    )
  }
}
