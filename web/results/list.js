/** The list of results: only the rows in view exist, so a thousand results cost what ten cost. */
import { api } from "../../../scripts/api.js"
import { say } from "../api.js"
import { make } from "../controls.js"
import { copy } from "./actions.js"
import { makeDraggable } from "./graph.js"
import { paidActions } from "./paid.js"
import { pictureUrl } from "./source.js"
import {
  chargeOf, facts, longTime, modelTitle, promptLine, shortId, shortTime, shortTitle, unfetched
} from "./text.js"

export const ROW = 112
const SPARE = 5

export class ResultList {
  #rows = new Map()
  #current = 0
  #awaited = -1 // the row that gets the focus once it has arrived
  #drawn = false
  #scrolled = 0
  #moved = false

  /** `open(index)` shows a result large. */
  constructor(source, selection, open) {
    this.source = source
    this.selection = selection
    this.open = open
    this.inner = make("div", { className: "volcv-r-inner", role: "list", "aria-label": say("results_list") })
    this.element = make("div", { className: "volcv-r-list" }, this.inner)
    this.element.addEventListener("scroll", () => this.#scroll(), { passive: true })
    this.element.addEventListener("keydown", (event) => this.#keydown(event))
    this.element.addEventListener("focusin", ({ target }) => this.#hold(target))
    this.#resize = new ResizeObserver(() => this.#drawSoon())
    this.#resize.observe(this.element)
  }

  #resize

  /** The list is in another element now, perhaps not yet in the page; browsers forget how far it was scrolled. */
  moved() {
    this.#moved = true
    this.#drawSoon()
  }

  #scroll() {
    if (!this.#moved) this.#scrolled = this.element.scrollTop
    this.#drawSoon()
  }

  #drawSoon() {
    if (this.#drawn) return
    this.#drawn = true
    requestAnimationFrame(() => {
      this.#drawn = false
      this.draw()
    })
  }

  /** Make the rows in view, reuse those that stay, drop the rest. */
  draw() {
    const { source } = this
    const total = source.total ?? 0
    this.inner.style.height = `${total * ROW}px`
    if (!this.element.clientHeight) return
    if (this.#moved) {
      this.element.scrollTop = this.#scrolled
      this.#moved = false
    }
    const first = Math.max(0, Math.floor(this.element.scrollTop / ROW) - SPARE)
    const last = Math.min(total - 1, Math.ceil((this.element.scrollTop + this.element.clientHeight) / ROW) + SPARE)
    source.want(first, last)
    this.#current = Math.min(this.#current, Math.max(0, total - 1))
    const kept = new Map()
    const indices = new Set(this.#focused() >= 0 ? [this.#focused()] : [])
    for (let index = first; index <= last; index++) indices.add(index)
    for (const index of [...indices].sort((a, b) => a - b)) {
      if (index < total) this.#place(index, kept)
    }
    for (const [key, { element }] of this.#rows) if (!kept.has(key)) element.remove()
    this.#rows = kept
    if (this.#awaited >= 0) this.#giveFocus(this.#awaited)
  }

  #place(index, kept) {
    const row = this.source.at(index)
    const key = row ? row.id : `empty ${index}`
    const state = row ? [row.reuses, row.version, row.state, row.problem, row.fetching, row.favourite, this.source.refusal].join() : ""
    let entry = this.#rows.get(key)
    if (entry && entry.state !== state) {
      entry.element.remove()
      entry = null
    }
    entry ??= { element: row ? rowElement(row, this) : make("div", { className: "volcv-r-row volcv-r-empty" }), state }
    const { element } = entry
    entry.index = index
    kept.set(key, entry)
    element.style.transform = `translateY(${index * ROW}px)`
    element.dataset.index = index
    element.setAttribute("aria-posinset", index + 1)
    element.setAttribute("aria-setsize", this.source.total)
    if (row) markSelected(element, this.selection.has(row))
    for (const button of element.querySelectorAll("button")) button.tabIndex = index === this.#current ? 0 : -1
    if (!element.isConnected) this.#insert(element, index)
  }

  /** Rows stand in the document in their order, for those who hear them. */
  #insert(element, index) {
    const next = [...this.inner.children].find((one) => Number(one.dataset.index) > index)
    this.inner.insertBefore(element, next ?? null)
  }

  #focused() {
    const row = document.activeElement?.closest?.(".volcv-r-row")
    return row && this.inner.contains(row) ? Number(row.dataset.index) : -1
  }

  #hold(target) {
    this.#awaited = -1
    const index = Number(target.closest(".volcv-r-row")?.dataset.index ?? -1)
    if (index >= 0 && index !== this.#current) {
      this.#current = index
      this.draw()
    }
  }

  #keydown(event) {
    const page = Math.max(1, Math.floor(this.element.clientHeight / ROW) - 1)
    const end = (this.source.total ?? 0) - 1
    const from = this.#awaited >= 0 ? this.#awaited : this.#focused()
    const to = { ArrowDown: from + 1, ArrowUp: from - 1, PageDown: from + page, PageUp: from - page, Home: 0, End: end }
    if (from < 0 || event.ctrlKey || event.altKey || event.metaKey || !(event.key in to)) return
    event.preventDefault()
    event.stopPropagation()
    this.focus(Math.max(0, Math.min(end, to[event.key])))
  }

  /** Scroll to a result and give it the focus. */
  focus(index) {
    const top = index * ROW
    const { scrollTop, clientHeight } = this.element
    if (top < scrollTop) this.element.scrollTop = top
    else if (top + ROW > scrollTop + clientHeight) this.element.scrollTop = top + ROW - clientHeight
    this.#current = this.#awaited = index
    this.draw()
  }

  #giveFocus(index) {
    const entry = [...this.#rows.values()].find((one) => one.index === index)
    entry?.element.querySelector("button")?.focus({ preventScroll: true })
  }
}

function rowElement(row, list) {
  const title = modelTitle(row)
  const open = make("button", {
    type: "button",
    className: "volcv-r-open",
    "aria-label": say("results_open", { model: title, prompt: row.prompt, time: longTime(row.created) }),
    onclick: (event) => press(event, row, list)
  })
  const check = make("button", { type: "button", className: "volcv-r-check", role: "checkbox", tabIndex: -1 })
  check.setAttribute("aria-label", say("results_select"))
  check.addEventListener("click", () => list.selection.toggle(row, list.source.indexOf(row.id)))
  const element = make(
    "div",
    { className: "volcv-r-row", role: "listitem" },
    open,
    thumbnail(row),
    check,
    make(
      "div",
      { className: "volcv-r-text" },
      make(
        "div",
        { className: "volcv-r-line" },
        make("span", { className: "volcv-r-title", textContent: shortTitle(row), title }),
        ...(row.favourite ? [favouriteSign()] : [])
      ),
      make("div", { className: "volcv-r-prompt", textContent: promptLine(row), title: promptLine(row) }),
      ...(row.state === "answered" ? paidLines(row, list) : storedLines(row))
    )
  )
  makeDraggable(element, row)
  element.addEventListener("contextmenu", (event) => {
    event.preventDefault()
    event.stopPropagation()
    const index = list.source.indexOf(row.id)
    list.selection.menu(row, index, event, () => list.open(index))
  })
  return element
}

/** With Ctrl (or Command) a row is selected, with Shift all up to it; else it is shown large. */
function press(event, row, list) {
  const index = list.source.indexOf(row.id)
  if (event.shiftKey) list.selection.extend(index)
  else if (event.ctrlKey || event.metaKey) list.selection.toggle(row, index)
  else list.open(index)
}

function markSelected(element, selected) {
  element.classList.toggle("volcv-r-chosen", selected)
  element.querySelector(".volcv-r-check").setAttribute("aria-checked", String(selected))
}

function favouriteSign() {
  const label = say("results_is_favourite")
  return make("i", { className: "pi pi-star-fill volcv-r-star", role: "img", "aria-label": label, title: label })
}

function storedLines(row) {
  const { word, whole, kind } = chargeOf(row)
  const told = facts(row).join(" \u00b7 ")
  const time = make("time", { textContent: shortTime(row.created), title: longTime(row.created) })
  const mark = make("span", { className: `volcv-r-mark volcv-r-${kind}`, textContent: word, title: whole })
  return [
    make("div", { className: "volcv-r-line" }, make("span", { className: "volcv-r-facts-line" }, told), time),
    make("div", { className: "volcv-r-line" }, idButton(row.request_id), mark)
  ]
}

/** Lines of a result that is paid and still to be fetched. */
function paidLines(row, list) {
  const text = unfetched(row)
  return [
    make("div", { className: "volcv-r-unfetched", textContent: text, title: text }),
    row.fetching
      ? make("div", { className: "volcv-r-quiet" }, say("paid_fetching"))
      : paidActions(row, list.source.refusal, "answered")
  ]
}

/** The thumbnail of a picture or video, with a sign in its place if there is none. */
export function thumbnail(row, position = 0) {
  const box = make("div", { className: "volcv-r-thumb" })
  if (!row.pictures) {
    box.append(make("i", { className: "pi pi-cloud-download", "aria-hidden": "true" }))
    return box
  }
  const image = make("img", { alt: "", decoding: "async", draggable: false })
  image.addEventListener("load", () => box.classList.add("volcv-r-loaded"))
  const sign = make("i", { className: `pi ${row.kind === "video" ? "pi-video" : "pi-image"}`, "aria-hidden": "true" })
  image.addEventListener("error", () => image.replaceWith(sign))
  image.src = pictureUrl(api, row, position, true)
  box.append(image)
  if (position === 0 && row.pictures > 1) {
    const title = say(row.kind === "video" ? "results_videos" : "results_pictures", { count: row.pictures })
    box.append(make("span", { className: "volcv-r-count", textContent: row.pictures, title }))
  }
  return box
}

/** A request id in short that copies the whole of it. */
export function idButton(id) {
  return copyButton(shortId(id), id, { label: say("results_copy_id_of", { id }) })
}

/** A button that copies a text. `label` says so; `done` and `failed` are told, else the words for a request id. */
export function copyButton(shown, text, { label, ...words }) {
  const icon = make("i", { className: "pi pi-copy", "aria-hidden": "true" })
  const button = make("button", { type: "button", className: "volcv-r-id", title: label, "aria-label": label })
  button.append(make("span", { textContent: shown }), icon)
  button.addEventListener("click", () => copy(text, button.closest("dialog") ?? document.body, words))
  return button
}
