/** What the list of results is narrowed to: words, model, charge, date, favourites. */
import { say } from "../api.js"
import { fill, make } from "../controls.js"
import { modelTitle, number, shortTitle } from "./text.js"

const TYPING_MILLISECONDS = 200
const DAYS = { today: 0, week: 6, month: 29 }
const CHARGES = [["", "results_charges_all"], ["yes", "results_charges_yes"], ["no", "results_charges_no"]]
const PERIODS = [
  ["", "results_since_all"],
  ["today", "results_since_today"],
  ["week", "results_since_week"],
  ["month", "results_since_month"]
]

export class Filters {
  /** `choose(filter)` narrows the list; `leave()` goes on into it. */
  constructor(choose, leave) {
    this.search = make("input", { type: "search", placeholder: say("results_search"), spellcheck: false })
    this.search.title = say("results_search_in")
    this.search.setAttribute("aria-label", say("results_search_in"))
    this.models = make("select", { "aria-label": say("results_model") })
    this.charged = select("results_charge", CHARGES)
    this.since = select("results_time", PERIODS)
    const label = say("results_only_favourites")
    const star = make("i", { className: "pi pi-star", "aria-hidden": "true" })
    const named = { title: label, "aria-label": label, "aria-pressed": "false" }
    this.favourite = make("button", { type: "button", className: "volcv-r-sign", ...named }, star)
    this.element = make(
      "div",
      { className: "volcv-r-filters" },
      make("div", { className: "volcv-r-filter" }, this.search, this.models),
      make("div", { className: "volcv-r-filter" }, this.charged, this.since, this.favourite)
    )
    this.#listen(choose, leave)
  }

  #listen(choose, leave) {
    let typing = 0
    this.search.addEventListener("input", () => {
      clearTimeout(typing)
      typing = setTimeout(() => choose({ query: this.search.value.trim() }), TYPING_MILLISECONDS)
    })
    this.search.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowDown") return
      event.preventDefault()
      leave()
    })
    this.models.addEventListener("change", () => choose({ model: this.models.value }))
    this.charged.addEventListener("change", () => choose({ charged: this.charged.value }))
    this.since.addEventListener("change", () => choose({ since: sinceOf(this.since.value) }))
    this.favourite.addEventListener("click", () => {
      const only = this.favourite.getAttribute("aria-pressed") !== "true"
      this.favourite.setAttribute("aria-pressed", String(only))
      this.favourite.firstElementChild.className = `pi pi-star${only ? "-fill volcv-r-star" : ""}`
      choose({ favourite: only ? "yes" : "" })
    })
  }

  /** Offer the models that have results; of a family, such as the styles, also all together. */
  update({ models, filter }) {
    const families = Map.groupBy ? Map.groupBy(models, (one) => one.node) : new Map()
    const options = models.map((one) => [one.model, `${modelTitle(one)} (${number(one.results)})`])
    for (const [node, members] of families) {
      if (!node || members.length < 2) continue
      const count = members.reduce((sum, one) => sum + one.results, 0)
      options.unshift([node, say("results_family_all", { name: shortTitle(members[0]), count: number(count) })])
    }
    if (filter.model && !options.some(([value]) => value === filter.model)) options.push([filter.model, filter.model])
    const all = [["", say("results_all_models")], ...options]
    const now = JSON.stringify(all)
    if (this.models.dataset.shown === now) return // an open menu would close
    this.models.dataset.shown = now
    fill(this.models, all, filter.model)
  }
}

function select(name, options) {
  const made = make("select", { "aria-label": say(name) })
  fill(made, options.map(([value, text]) => [value, say(text)]), "")
  return made
}

/** Unix time at which a number of whole days began, counted from today. */
function sinceOf(period) {
  if (!period) return ""
  const day = new Date()
  day.setHours(0, 0, 0, 0)
  day.setDate(day.getDate() - DAYS[period])
  return Math.floor(day / 1000)
}
