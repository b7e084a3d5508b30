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
    const line = (kind, texts) =>
      make("tr", {}, ...texts.map((text, column) => make(column ? kind : "th", { textContent: text })))
    this.table.replaceChildren(
      line("th", [say("spent_model"), say("spent_today"), say("spent_month")]),
      ...month.models.map((one) =>
        line("td", [modelTitle(one), amount(earlier.get(one.model) ?? { calls: 0 }), amount(one)])
      ),
      line("td", [say("spent_all"), amount(today), amount(month)])
    )
  }
}

/** Charged calls, and behind a plus those that may have been charged. */
function amount({ calls, unknown }) {
  return unknown ? `${number(calls)} +${number(unknown)}?` : number(calls)
}

/** Charged calls of a period, such as "Today 12 of 100, 2 unknown". */
function count(name, { calls, unknown, limit, left }) {
  const shown = make("span", {}, `${name} `, make("b", { textContent: number(calls) }))
  if (limit) shown.append(" ", say("spent_limit", { limit: number(limit) }))
  if (unknown) {
    const text = say("spent_unknown", { count: number(unknown) })
    shown.append(" ", make("span", { className: "volcv-r-unknown", textContent: text }))
  }
  const facts = [
    limit ? say("spent_left", { left: number(left) }) : "",
    unknown ? say("spent_unknown_long", { count: number(unknown) }) : ""
  ]
  shown.title = facts.filter(Boolean).join(" ")
  return shown
}
