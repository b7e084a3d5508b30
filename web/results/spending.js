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
      ...counts.map(([name, period]) => count(name, period))
    )
    const earlier = new Map(today.models.map((one) => [one.model, one]))
    const line = (kind, [name, ...cells]) =>
      make("tr", {}, make("th", { textContent: name }), ...cells.map((cell) => make(kind, cellOf(cell))))
    this.table.replaceChildren(
      line("th", [say("spent_model"), say("spent_today"), say("spent_month")]),
      ...month.models.map((one) =>
        line("td", [modelTitle(one), earlier.get(one.model) ?? { calls: 0 }, one])
      ),
      line("td", [say("spent_all"), today, month])
    )
  }
}

/** A heading, or charged calls and behind a plus those that may have been charged. */
function cellOf(cell) {
  if (typeof cell === "string") return { textContent: cell }
  const { calls, unknown } = cell
  const shown = unknown ? `${number(calls)} +${number(unknown)}?` : number(calls)
  const title = [unknown ? say("spent_unknown_long", { count: number(unknown) }) : "", unpriced(cell)]
  return { textContent: [shown, cell.estimate].filter(Boolean).join(", "), title: title.filter(Boolean).join(" ") }
}

/** How many calls the estimate leaves out, where there is one. */
const unpriced = (cell) => (cell.estimate && cell.unpriced ? say("spent_unpriced", { count: number(cell.unpriced) }) : "")

/** Charged calls of a period, such as "Today 12 of 100 +2 unknown, about CNY 2.64, estimated". */
function count(name, period) {
  const { calls, unknown, limit, left, budget, budget_left, currency, estimate } = period
  const shown = make("span", {}, `${name} `, make("b", { textContent: number(calls) }))
  if (limit) shown.append(" ", say("spent_limit", { limit: number(limit) }))
  if (unknown) {
    const text = say("spent_unknown", { count: number(unknown) })
    shown.append(" ", make("span", { className: "volcv-r-unknown", textContent: text }))
  }
  if (estimate) shown.append(`, ${estimate}`)
  const facts = [
    unpriced(period),
    budget ? say("spent_budget", { left: number(budget_left, 4), budget: number(budget, 4), currency }) : "",
    limit ? say("spent_left", { left: number(left) }) : "",
    unknown ? say("spent_unknown_long", { count: number(unknown) }) : ""
  ]
  shown.title = facts.filter(Boolean).join(" ")
  return shown
}
