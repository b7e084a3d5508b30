/** The sidebar tab "Volcengine CV": calls under way, open calls, what was charged, and every stored result. */
import { app } from "../../../scripts/app.js"
import { call, say } from "../api.js"
import { fill, make } from "../controls.js"
import { ResultList } from "./list.js"
import { OpenList } from "./open.js"
import { Source } from "./source.js"
import { Spending } from "./spending.js"
import { modelTitle, number } from "./text.js"
import { UnderwayList } from "./underway.js"
import { Viewer } from "./viewer.js"

const TAB = "volcv-results"
const TITLE = "Volcengine CV"
const POLL_MILLISECONDS = 1000
const TYPING_MILLISECONDS = 200

class Panel {
  #revision = null
  #timer = 0

  constructor() {
    this.source = new Source(() => this.#draw())
    this.list = new ResultList(this.source, (index) => this.viewer.open(index))
    this.viewer = new Viewer(this.source, (index) => this.list.focus(index))
    this.underway = new UnderwayList()
    this.open = new OpenList()
    this.spending = new Spending()
    this.search = make("input", { type: "search", placeholder: say("results_search"), spellcheck: false })
    this.search.title = say("results_search_in")
    this.search.setAttribute("aria-label", say("results_search_in"))
    this.models = make("select", { "aria-label": say("results_model") })
    this.note = make("div", { className: "volcv-r-note", role: "status" })
    this.element = make(
      "div",
      { className: "volcv-results" },
      make("header", {}, make("h2", { textContent: TITLE }), this.#settingsButton()),
      this.spending.element,
      this.underway.element,
      this.open.element,
      make("div", { className: "volcv-r-filter" }, this.search, this.models),
      this.note,
      this.list.element
    )
    this.#listen()
  }

  #settingsButton() {
    const label = say("results_settings")
    const icon = make("i", { className: "pi pi-cog", "aria-hidden": "true" })
    const onclick = () => app.extensionManager.command.execute("Comfy.ShowSettingsDialog")
    const named = { title: label, "aria-label": label }
    return make("button", { type: "button", className: "volcv-r-sign", onclick, ...named }, icon)
  }

  #listen() {
    let typing = 0
    this.search.addEventListener("input", () => {
      clearTimeout(typing)
      typing = setTimeout(() => this.#choose({ query: this.search.value.trim() }), TYPING_MILLISECONDS)
    })
    this.search.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" && this.source.total) {
        event.preventDefault()
        this.list.focus(0)
      }
    })
    this.models.addEventListener("change", () => this.#choose({ model: this.models.value }))
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
        const { calls, open, revision } = await call("GET", "/calls")
        this.underway.update(calls, this.source.refusal)
        this.open.update(open, this.source.refusal)
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
    this.element.classList.toggle("volcv-r-asked", Boolean(source.filter.query || source.filter.model))
    this.list.draw()
    this.viewer.update()
    this.#drawModels()
    this.#drawNote()
  }

  #drawModels() {
    const { models, filter } = this.source
    const options = models.map((one) => [one.model, `${modelTitle(one)} (${number(one.results)})`])
    if (filter.model && !models.some((one) => one.model === filter.model)) options.push([filter.model, filter.model])
    const all = [["", say("results_all_models")], ...options]
    const now = JSON.stringify(all)
    if (this.models.dataset.shown === now) return // an open menu would close
    this.models.dataset.shown = now
    fill(this.models, all, filter.model)
  }

  #drawNote() {
    const { total, error, filter } = this.source
    const asked = filter.query || filter.model
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

function addStyle() {
  for (const file of ["results.css", "calls.css", "viewer.css"]) {
    document.head.append(make("link", { rel: "stylesheet", href: new URL(file, import.meta.url).href }))
  }
}

app.registerExtension({
  name: "volcv.results",
  init: addStyle,
  setup() {
    const tab = { id: TAB, icon: "volcv-r-icon", title: TITLE, tooltip: TITLE, type: "custom", render }
    app.extensionManager.registerSidebarTab(tab)
    app.ui?.settings?.addEventListener?.("Comfy.Locale.change", () => setTimeout(renew))
  }
})
