/** The stored results as the server lists them, fetched a page at a time as they come into view. */
import { call } from "../api.js"

const PAGE = 50

/** Results by position, newest first. `onchange()` follows every arrival. */
export class Source {
  total = null
  models = []
  refusal = ""
  error = ""
  filter = { query: "", model: "", charged: "", favourite: "", since: "" }
  #pages = new Map()
  #fresh = new Set()
  #asked = new Set()
  #generation = 0

  constructor(onchange) {
    this.onchange = onchange
  }

  /** The result at that position, or undefined while it is not known. */
  at(index) {
    return this.#pages.get(Math.floor(index / PAGE))?.[index % PAGE]
  }

  /** Position of the result with that id among those that are known; -1 if it is not. */
  indexOf(id) {
    for (const [page, rows] of this.#pages) {
      const found = rows.findIndex((row) => row.id === id)
      if (found >= 0) return page * PAGE + found
    }
    return -1
  }

  /** Fetch what is missing or out of date between two positions. */
  want(first, last) {
    const end = Math.max(0, this.total === null ? 0 : Math.min(last, this.total - 1))
    for (let page = Math.floor(Math.max(first, 0) / PAGE); page <= Math.floor(end / PAGE); page++) {
      if (!this.#fresh.has(page) && !this.#asked.has(page)) this.#fetch(page)
    }
  }

  /** Whether only some results are asked for. */
  get filtered() {
    return Object.values(this.filter).some(Boolean)
  }

  /** Show other results. */
  choose(filter) {
    this.filter = { ...this.filter, ...filter }
    this.#pages.clear()
    this.refresh()
  }

  /** What is known may be out of date; it stays until newer arrives. */
  refresh() {
    this.#generation++
    this.#fresh.clear()
    this.#asked.clear()
    this.#fetch(0)
  }

  async #fetch(page) {
    const generation = this.#generation
    this.#asked.add(page)
    const query = new URLSearchParams({ offset: page * PAGE, limit: PAGE, ...this.filter })
    try {
      const answer = await call("GET", `/results?${query}`)
      if (generation !== this.#generation) return
      this.#keep(page, answer)
    } catch (error) {
      if (generation !== this.#generation) return
      this.error = error.message
    }
    this.#asked.delete(page)
    this.onchange()
  }

  #keep(page, { results, total, models, refusal }) {
    if (this.total !== total) {
      const last = Math.floor((total - 1) / PAGE)
      for (const known of [...this.#pages.keys()]) if (known > last) this.#pages.delete(known)
    }
    Object.assign(this, { total, models, refusal, error: "" })
    this.#pages.set(page, results)
    this.#fresh.add(page)
  }
}

/** Address of a result's thumbnail or whole picture. The version tells it from another store's result of that id. */
export function pictureUrl(api, row, position, thumbnail) {
  const path = thumbnail ? `thumbnail?n=${position}&v=${row.version}` : `picture/${position}?v=${row.version}`
  return api.apiURL(`/volcv/results/${row.id}/${path}`)
}
