/** One result large: its pictures or videos, everything that is known about it, and what can be done with it. */
import { api } from "../../../scripts/api.js"
import { call, say } from "../api.js"
import { button, make } from "../controls.js"
import { copy, markFavourite, toast } from "./actions.js"
import { recreate, useInGraph } from "./graph.js"
import { idButton, thumbnail } from "./list.js"
import { discardPaid, fetchPaid } from "./paid.js"
import { pictureUrl } from "./source.js"
import { Stage } from "./stage.js"
import { chargeOf, duration, longTime, modelTitle, number, seedOf, size, textName } from "./text.js"

const STEP_LEFT = "volcv-r-step volcv-r-left"
const STEP_RIGHT = "volcv-r-step volcv-r-right"

/** A button with a sign only. */
function signButton(sign, label, onclick, className) {
  const icon = make("i", { className: `pi pi-${sign}`, "aria-hidden": "true" })
  return make("button", { type: "button", title: label, "aria-label": label, onclick, className }, icon)
}

export class Viewer {
  #index = -1
  #row = null
  #position = 0

  /** `closed(index)` is told where the view ended. */
  constructor(source, closed) {
    this.source = source
    this.stage = new Stage()
    this.strip = make("div", { className: "volcv-r-strip", role: "group", "aria-label": say("results_all_pictures") })
    this.previous = signButton("chevron-left", say("results_previous"), () => this.#step(-1), STEP_LEFT)
    this.next = signButton("chevron-right", say("results_next"), () => this.#step(1), STEP_RIGHT)
    this.title = make("h2", { id: "volcv-r-viewer-title" })
    this.place = make("span", { className: "volcv-r-quiet", role: "status" })
    this.facts = make("div", { className: "volcv-r-facts" })
    this.actions = make("div", { className: "volcv-r-actions" })
    const close = signButton("times", say("results_close"), () => this.element.close(), "volcv-r-close")
    this.star = signButton("star", say("results_favourite"), () => this.#mark(), "volcv-r-close")
    this.download = make("a", { className: "volcv-r-close", download: "", title: say("results_download") })
    this.download.setAttribute("aria-label", say("results_download"))
    this.download.append(make("i", { className: "pi pi-download", "aria-hidden": "true" }))
    this.element = make(
      "dialog",
      { className: "volcv-r-viewer", "aria-labelledby": this.title.id },
      make("div", { className: "volcv-r-stage" }, this.previous, ...this.stage.elements, this.strip, this.next),
      make(
        "div",
        { className: "volcv-r-side" },
        make("div", { className: "volcv-r-head" }, make("div", {}, this.title, this.place), make("div", {}, this.star, this.download, close)),
        this.facts,
        this.actions
      )
    )
    this.element.addEventListener("keydown", (event) => this.#keydown(event))
    this.element.addEventListener("click", ({ target }) => {
      if (target === this.element || target.classList.contains("volcv-r-stage")) this.element.close()
    })
    this.element.addEventListener("close", () => {
      this.element.remove()
      this.stage.clear()
      if (this.#index >= 0) closed(this.#index)
    })
  }

  open(index) {
    if (index < 0 || !this.source.at(index)) return
    this.#open()
    this.#go(index)
  }

  /** Show a result that the list may not know. */
  show(row) {
    const index = this.source.indexOf(row.id)
    if (index >= 0) return this.open(index)
    this.#open()
    this.#index = -1
    this.#draw(row)
  }

  #open() {
    if (this.element.open) return
    document.body.append(this.element)
    this.element.showModal()
    this.next.focus()
  }

  /** The list has changed: the result may have another place now. */
  update() {
    if (!this.element.open || !this.#row) return
    const index = this.source.indexOf(this.#row.id)
    if (index >= 0) this.#index = index
    this.#row.favourite = this.source.at(index)?.favourite ?? this.#row.favourite
    this.#drawStar()
    this.#drawPlace()
  }

  #go(index) {
    this.#index = index
    this.source.want(index - 1, index + 1)
    this.#draw(this.source.at(index))
  }

  #draw(row) {
    this.#row = row
    this.#position = 0
    this.title.textContent = modelTitle(this.#row)
    this.#drawPlace()
    this.#drawPicture()
    this.#drawStrip()
    this.#drawActions()
    this.#drawFacts(null)
    this.#load(this.#row)
  }

  async #load(row) {
    try {
      const details = await call("GET", `/results/${row.id}`)
      if (row === this.#row) this.#drawFacts(details)
    } catch (error) {
      const note = make("p", { className: "volcv-r-bad", textContent: error.message })
      if (row === this.#row) this.facts.replaceChildren(note)
    }
  }

  #step(by) {
    const index = this.#index + by
    this.source.want(index, index)
    if (this.source.at(index)) this.#go(index)
  }

  #keydown(event) {
    event.stopPropagation() // no shortcut of the canvas below
    if (event.target === this.stage.video) return // it has its own
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
    if (!by || event.ctrlKey || event.altKey || event.metaKey) return
    event.preventDefault()
    this.#step(by)
  }

  #drawPlace() {
    const { total } = this.source
    const known = { place: number(this.#index + 1), total: number(total) }
    this.place.textContent = this.#index < 0 ? "" : say("results_place", known)
    const focused = document.activeElement
    this.previous.disabled = this.#index <= 0
    this.next.disabled = this.#index >= total - 1
    // A disabled button loses the focus, and the keys with it.
    if (focused === this.next && this.next.disabled) this.previous.focus()
    if (focused === this.previous && this.previous.disabled) this.next.focus()
  }

  #drawPicture() {
    this.stage.show(this.#row, this.#position, this.#row.prompt || this.title.textContent)
    this.download.hidden = !this.#row.pictures
    this.download.href = pictureUrl(api, this.#row, this.#position, false)
  }

  #drawStrip() {
    const row = this.#row
    this.strip.hidden = row.pictures < 2
    const positions = row.pictures < 2 ? [] : [...Array(row.pictures).keys()]
    this.strip.replaceChildren(
      ...positions.map((position) => {
        const place = { position: position + 1, count: row.pictures }
        const label = say(row.kind === "video" ? "results_video_of" : "results_picture_of", place)
        const choose = make("button", { type: "button", "aria-label": label, "aria-pressed": String(position === 0) })
        choose.append(thumbnail({ ...row, pictures: 1 }, position))
        choose.addEventListener("click", () => {
          this.#position = position
          for (const one of this.strip.children) one.setAttribute("aria-pressed", String(one === choose))
          this.#drawPicture()
        })
        return choose
      })
    )
  }

  #drawActions() {
    const row = this.#row
    const { refusal } = this.source
    const waits = row.state === "answered"
    const erase = button(say(waits ? "paid_discard" : "delete"), () => this.#ask(), "danger")
    erase.disabled = Boolean(refusal)
    erase.title = refusal || (waits ? say("paid_discard_hint") : "")
    const fetch = button(say("paid_fetch"), () => this.#fetch(), "primary")
    fetch.disabled = Boolean(refusal) || row.fetching
    fetch.title = refusal || say("paid_fetch_hint")
    this.star.disabled = Boolean(refusal)
    this.#drawStar()
    this.actions.replaceChildren(
      ...(waits ? [fetch] : []),
      button(say("results_use"), () => this.#leave(useInGraph), waits ? "" : "primary"),
      button(say("results_recreate"), () => this.#leave(recreate)),
      button(say("results_copy_id"), () => copy(row.name, this.element)),
      erase
    )
  }

  /** Do something on the canvas, which the view would hide. */
  #leave(act) {
    const row = this.#row
    this.element.close()
    act(row)
  }

  #drawStar() {
    const { favourite } = this.#row
    const label = say(favourite ? "results_unfavourite" : "results_favourite")
    this.star.firstElementChild.className = `pi pi-star${favourite ? "-fill volcv-r-star" : ""}`
    this.star.title = label
    this.star.setAttribute("aria-label", label)
    this.star.setAttribute("aria-pressed", String(favourite))
  }

  async #mark() {
    const { id, favourite } = this.#row
    await markFavourite([id], !favourite)
    this.source.refresh()
  }

  #fetch() {
    const row = this.#row
    this.element.close() // its row in the list shows what becomes of it
    fetchPaid(row)
  }

  /** The question takes the place of the buttons. */
  #ask() {
    const waits = this.#row.state === "answered"
    const stored = this.#row.kind === "video" ? "results_confirm_delete_video" : "results_confirm_delete"
    const question = make("span", { textContent: say(waits ? "paid_discard_ask" : stored), role: "alert" })
    const back = button(say("cancel"), () => {
      this.#drawActions()
      this.actions.lastElementChild.focus()
    })
    const sure = button(say(waits ? "paid_discard" : "delete"), () => this.#delete(waits), "danger")
    this.actions.replaceChildren(question, sure, back)
    back.focus()
  }

  async #delete(waits) {
    const index = this.#index
    if (waits) {
      if (await discardPaid(this.#row)) this.element.close()
      else this.#drawActions()
      return
    }
    try {
      await call("DELETE", `/results/${this.#row.id}`)
    } catch (error) {
      this.#drawActions()
      return toast("error", say("results_not_deleted"), error.message)
    }
    toast("success", say("results_deleted"))
    const neighbour = this.source.at(index + 1) ?? this.source.at(index - 1)
    this.source.refresh()
    if (!neighbour) return this.element.close()
    this.#go(this.source.indexOf(neighbour.id))
    this.next.focus()
  }

  #drawFacts(details) {
    const row = details ?? this.#row
    const entries = [
      [say("results_prompt"), row.prompt],
      [say("results_request_id"), idButton(row.name)],
      [say("results_time"), longTime(row.created)],
      [say("results_seed_name"), seedOf(row, say("results_random_long"))],
      [say("results_duration"), row.seconds === null ? "" : duration(row.seconds)],
      // The service's own name in every language: what it counts is not documented, most likely seconds.
      ["comfyui_cost", row.comfyui_cost === null ? "" : say("results_comfyui_cost", { value: number(row.comfyui_cost, 4) })],
      [say("results_charge"), [chargeOf(row).whole, row.estimate].filter(Boolean).join(", ")],
      [say("results_size"), details ? details.files.map(sizeOf).join("\n") : ""],
      ...Object.entries(details?.texts ?? {}).map(([field, text]) => [textName(field), text])
    ]
    const list = make("dl")
    for (const [name, value] of entries) {
      if (value !== "") list.append(make("dt", { textContent: name }), make("dd", {}, value))
    }
    const request = make("pre", { tabIndex: 0, textContent: details ? JSON.stringify(details.request, null, 2) : "" })
    request.setAttribute("aria-label", say("results_request"))
    this.facts.replaceChildren(list, make("h3", { textContent: say("results_request") }), request)
  }
}

function sizeOf(file) {
  if (!file.format) return say("results_unreadable")
  if (!file.width) return `${file.format}, ${size(file.bytes)}`
  return `${file.width} \u00d7 ${file.height}, ${file.format}, ${size(file.bytes)}`
}
