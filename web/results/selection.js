/** The results that are selected, the bar that says what can be done with them, and the menu of one or several. */
import { api } from "../../../scripts/api.js"
import { say } from "../api.js"
import { button, make } from "../controls.js"
import { copy, deleteResults, markFavourite } from "./actions.js"
import { compare } from "./compare.js"
import { recreate, useInGraph } from "./graph.js"
import { openMenu } from "./menu.js"
import { pictureUrl } from "./source.js"

export class Selection {
  rows = new Map() // by id
  #anchor = -1

  /** `onchange()` follows every change. */
  constructor(source, onchange) {
    this.source = source
    this.onchange = onchange
    this.element = make("div", { className: "volcv-r-selected", role: "group", hidden: true })
    this.element.setAttribute("aria-label", say("results_selection"))
  }

  has = (row) => this.rows.has(row.id)

  toggle(row, index) {
    if (!this.rows.delete(row.id)) this.rows.set(row.id, row)
    this.#anchor = index
    this.#changed()
  }

  /** From the last one that was chosen up to that position; rows that were never in view are not known. */
  extend(index) {
    const from = this.#anchor < 0 ? index : this.#anchor
    for (let at = Math.min(from, index); at <= Math.max(from, index); at++) {
      const row = this.source.at(at)
      if (row) this.rows.set(row.id, row)
    }
    this.#changed()
  }

  clear() {
    this.rows.clear()
    this.#anchor = -1
    this.#changed()
  }

  /** Rows that are gone, or that have changed. */
  refresh() {
    for (const id of [...this.rows.keys()]) {
      const row = this.source.at(this.source.indexOf(id))
      if (row) this.rows.set(id, row)
    }
    this.#draw()
  }

  #changed() {
    this.#draw()
    this.onchange()
  }

  #draw() {
    const rows = [...this.rows.values()]
    const shown = JSON.stringify([rows.map((row) => [row.id, row.favourite]), this.source.refusal])
    if (this.element.dataset.shown === shown) return
    this.element.dataset.shown = shown
    this.element.hidden = rows.length === 0
    this.#actions(rows)
  }

  #actions(rows) {
    const count = make("span", { textContent: say("results_selected", { count: rows.length }), role: "status" })
    const sign = (icon, label, onclick, disabled = false) => {
      const mark = make("i", { className: `pi pi-${icon}`, "aria-hidden": "true" })
      const named = { title: label, "aria-label": label, className: "volcv-r-sign" }
      return make("button", { type: "button", onclick, disabled, ...named }, mark)
    }
    const refused = Boolean(this.source.refusal)
    const all = rows.every((row) => row.favourite)
    this.element.replaceChildren(
      count,
      sign("clone", say("results_compare"), () => compare(rows), !comparable(rows)),
      sign(all ? "star-fill" : "star", favouriteWord(all), () => this.mark(rows, !all), refused),
      sign("trash", say("delete"), () => this.#ask(rows), refused),
      sign("times", say("results_unselect"), () => this.clear())
    )
  }

  /** The question takes the place of the buttons. */
  #ask(rows) {
    const text = make("span", { textContent: questionFor(rows), role: "alert" })
    const back = button(say("cancel"), () => this.#actions(rows))
    const sure = button(say("delete"), () => this.#delete(rows), "danger")
    this.element.replaceChildren(text, sure, back)
    back.focus()
  }

  async #delete(rows) {
    if (!(await deleteResults(rows.map((row) => row.id)))) return this.#actions(rows)
    for (const row of rows) this.rows.delete(row.id)
    this.#changed()
    this.source.refresh()
  }

  async mark(rows, favourite) {
    await markFavourite(rows.map((row) => row.id), favourite)
    this.source.refresh()
  }

  /** The menu of a row, or of all that are selected if it is one of several; `open()` shows it large. */
  menu(row, index, { x, y }, open) {
    const chosen = this.has(row) && this.rows.size > 1 ? [...this.rows.values()] : [row]
    const refusal = this.source.refusal
    const change = { disabled: Boolean(refusal), hint: refusal }
    const pair = this.rows.size === 1 && !this.has(row) ? [...this.rows.values(), row] : chosen
    const all = chosen.every((one) => one.favourite)
    const erase = () =>
      openMenu(x, y, [
        { icon: "trash", label: questionFor(chosen), action: () => this.#delete(chosen), danger: true },
        { icon: "times", label: say("cancel"), action() {} }
      ])
    const single = chosen.length === 1
    openMenu(x, y, [
      single && { icon: "eye", label: say("results_show"), action: open },
      single && { icon: "plus", label: say("results_use"), action: () => useInGraph(row) },
      single && { icon: "replay", label: say("results_recreate"), action: () => recreate(row) },
      comparable(pair) && { icon: "clone", label: say("results_compare"), action: () => compare(pair) },
      { icon: all ? "star-fill" : "star", label: favouriteWord(all), action: () => this.mark(chosen, !all), ...change },
      single && {
        icon: "check-square",
        label: say(this.has(row) ? "results_unselect" : "results_select"),
        action: () => this.toggle(row, index)
      },
      single && row.prompt && { icon: "align-left", label: say("results_copy_prompt"), action: () => copyPrompt(row) },
      single && { icon: "copy", label: say("results_copy_id"), action: () => copy(row.name) },
      single && row.pictures > 0 && { icon: "download", label: say("results_download"), action: () => download(row) },
      row.state !== "answered" && { icon: "trash", label: say("delete"), action: erase, danger: true, ...change }
    ])
  }
}

const favouriteWord = (is) => say(is ? "results_unfavourite" : "results_favourite")

const comparable = (rows) => rows.length === 2 && rows.every((row) => row.kind === "picture" && row.pictures)

function questionFor(rows) {
  if (rows.length > 1) return say("results_confirm_delete_several", { count: rows.length })
  return say(rows[0].kind === "video" ? "results_confirm_delete_video" : "results_confirm_delete")
}

const copyPrompt = (row) =>
  copy(row.prompt, document.body, { done: say("results_prompt_copied"), failed: say("results_prompt_not_copied") })

function download(row) {
  make("a", { href: pictureUrl(api, row, 0, false), download: "" }).click()
}
