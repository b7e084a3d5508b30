/** The sidebar tab "Volcengine CV": calls under way, open calls, what was charged, and every stored result. */
import { app } from "../../../scripts/app.js"
import { call, say } from "../api.js"
import { addStyle, make } from "../controls.js"
import { Filters } from "./filters.js"
import { takeDrops } from "./graph.js"
import { Head } from "./head.js"
import { ResultList } from "./list.js"
import { OpenList } from "./open.js"
import { Selection } from "./selection.js"
import { Source } from "./source.js"
import { Spending } from "./spending.js"
import { StartPage } from "./start.js"
import { number } from "./text.js"
import { UnderwayList } from "./underway.js"
import { Viewer } from "./viewer.js"

export const TAB = "volcv-results"
const TITLE = "Volcengine CV"
const LABEL = "Volc CV" // what the narrow bar has room for
const POLL_MILLISECONDS = 1000

class Panel {
  #revision = null
  #timer = 0

  constructor() {
    this.source = new Source(() => this.#draw())
    this.selection = new Selection(this.source, () => this.list.draw())
    this.list = new ResultList(this.source, this.selection, (index) => this.viewer.open(index))
    this.viewer = new Viewer(this.source, (index) => this.list.focus(index))
    this.underway = new UnderwayList()
    this.open = new OpenList()
    this.spending = new Spending()
    this.head = new Head(TITLE, (status) => this.start.update(status))
    this.start = new StartPage(this.head)
    this.filters = new Filters((filter) => this.#choose(filter), () => this.source.total && this.list.focus(0))
    this.note = make("div", { className: "volcv-r-note", role: "status" })
    this.element = make(
      "div",
      { className: "volcv-results" },
      this.head.element,
      this.spending.element,
      this.underway.element,
      this.open.element,
      this.filters.element,
      this.note,
      this.start.element,
      this.list.element,
      this.selection.element
    )
  }

  #choose(filter) {
    this.list.element.scrollTop = 0
    this.source.choose(filter)
  }

  /** Into ComfyUI's element, which it may hand over more than once, and with another tab's content. */
  mount(element) {
    if (this.element.parentElement !== element) {
      element.replaceChildren(this.element)
      this.list.moved()
    }
    this.#poll()
  }

  /** Whether somebody can see it. ComfyUI does not tell a tab when another one takes its place. */
  #visible() {
    const active = app.extensionManager.sidebarTab?.activeSidebarTabId
    if (active !== undefined && active !== TAB) this.element.remove()
    return this.element.isConnected
  }

  async #poll() {
    clearTimeout(this.#timer)
    this.#timer = 0
    if (!document.hidden) {
      try {
        const { calls, open, revision, setup } = await call("GET", "/calls")
        this.underway.update(calls, this.source.refusal)
        this.open.update(open, this.source.refusal)
        this.head.refresh(setup)
        if (revision !== this.#revision || this.source.error) this.#refresh(revision)
      } catch (error) {
        this.source.error = error.message
        this.#draw()
      }
    }
    if (this.#visible() && !this.#timer) this.#timer = setTimeout(() => this.#poll(), POLL_MILLISECONDS)
  }

  #refresh(revision) {
    this.#revision = revision
    this.source.refresh()
    this.spending.refresh()
  }

  #draw() {
    const { source } = this
    const nothing = !source.error && source.total === 0 && !source.filtered
    this.start.element.hidden = !nothing
    this.list.element.hidden = nothing
    this.filters.element.hidden = nothing
    this.filters.update(source)
    this.selection.refresh()
    this.list.draw()
    this.viewer.update()
    this.#drawNote()
  }

  #drawNote() {
    const { total, error, filtered: asked } = this.source
    const counted = asked ? "results_found" : total === 1 ? "results_one" : "results_count"
    const count = say(counted, { count: number(total ?? 0) })
    const none = say(asked ? "results_none_found" : "results_none")
    const text = error || (total === null ? say("loading") : total === 0 ? none : count)
    if (this.note.textContent !== text) this.note.textContent = text
    this.note.classList.toggle("volcv-r-bad", Boolean(error))
    this.note.classList.toggle("volcv-r-nothing", !error && total === 0)
  }
}

let panel = null
let place = null

function render(element) {
  place = element
  panel ??= new Panel()
  panel.mount(element)
}

/** Texts are made with the panel, so another language needs another panel. */
function renew() {
  const shown = panel?.element.isConnected
  panel?.element.remove()
  panel = null
  if (shown) render(place)
}

app.registerExtension({
  name: "volcv.results",
  init: () => addStyle(import.meta.url, "results.css", "calls.css", "viewer.css", "select.css"),
  setup() {
    takeDrops()
    const tab = { id: TAB, icon: "volcv-r-icon", title: TITLE, tooltip: TITLE, label: LABEL, type: "custom", render }
    app.extensionManager.registerSidebarTab(tab)
    app.ui?.settings?.addEventListener?.("Comfy.Locale.change", () => setTimeout(renew))
  }
})

/** Open the tab, if another one or none is open. */
export function openResults() {
  const { sidebarTab } = app.extensionManager
  if (sidebarTab.activeSidebarTabId !== TAB) sidebarTab.toggleSidebarTab(TAB)
}

/** Show a result large, which may be one that the list does not show. */
export function showResult(row) {
  panel ??= new Panel()
  panel.viewer.show(row)
}
