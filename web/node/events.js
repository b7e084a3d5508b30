/** Fills the status of the pack's nodes: from their outputs, from the server's events, and from refusals. */
import { api } from "../../../scripts/api.js"
import { app } from "../../../scripts/app.js"
import { call, say } from "../api.js"
import { addStyle } from "../controls.js"
import { offer } from "./actions.js"
import { addBadge, loadPrices } from "./badge.js"
import { hasStatus, nodeOf, openWorkflow, statusNodes, watchQueue, workflowOf } from "./graph.js"
import { hand, keep, outputOf } from "./outputs.js"
import { addPanel, dropPictures, roomForPictures, show } from "./panel.js"

let prompt = "" // the one that runs
let cached = new Set() // its nodes that ComfyUI's cache answers
let told = new Set() // its nodes that said themselves how they ended
let offered = false
let before = "" // path of the open workflow when the last graph began to load
let loads = 0 // graphs that were loaded
let current = false // whether the last of them is that of the open workflow

const LOOK = 50
const LONGEST = 1000 // milliseconds until a graph belongs to the open workflow even if that has not changed

/** The node of that id, if the workflow of the run is the open one. */
function shownNode(id, promptId) {
  const node = workflowOf(promptId) === openWorkflow() ? nodeOf(id) : null
  return hasStatus(node) ? node : null
}

/** Let a node show a status in place of everything that it showed before. */
function settle(id, promptId, status) {
  const output = { volcv_status: [status] }
  keep(workflowOf(promptId), id, output)
  const node = shownNode(id, promptId)
  if (!node) return
  dropPictures(node)
  hand(id, promptId, output)
}

function onStatus({ detail }) {
  const { node: id, prompt_id: promptId, ...status } = detail
  if (status.kind === "running" || status.kind === "done") {
    const node = shownNode(id, promptId)
    if (node) show(node, status)
    return
  }
  told.add(String(id))
  settle(id, promptId, status)
  if (status.kind === "error") offer(status)
}

function onExecuted({ detail }) {
  const { node: id, prompt_id: promptId, output } = detail
  const [first, ...others] = output?.volcv_status ?? []
  if (!first) return
  const status = { ...first, lines: [first, ...others].flatMap((one) => one.lines) }
  if (status.kind === "done" && cached.has(String(id))) status.cached = true
  const node = shownNode(id, promptId)
  keep(workflowOf(promptId), id, { ...output, volcv_status: [status] })
  if (!node) return
  show(node, status)
  if (output.images?.length) roomForPictures(node)
}

/** A failure of one of our nodes that it did not tell itself. */
function onError({ detail }) {
  const { node_id: id, node_type: type, prompt_id: promptId, exception_message: message } = detail
  if (!type?.startsWith("Volcv_") || told.has(String(id))) return
  settle(id, promptId, { kind: "error", lines: [say("node_failed"), ...message.trim().split("\n")], actions: ["retry"] })
}

/** Nodes that the server refused before the run: why, and a way on if nothing is set up. */
async function onRefused(errors, path) {
  const ours = Object.entries(errors).filter(([, one]) => one.class_type?.startsWith("Volcv_"))
  if (!ours.length) return
  const { advice } = await call("GET", "/status").catch(() => ({}))
  for (const [id, { errors: found }] of ours) {
    const { details = "", message = "", extra_info: about } = found[0] ?? {}
    const text = details.replace(`${about?.input_name} - `, "") || message
    const status = advice ?? { kind: "error", lines: [say("node_refused"), ...text.split("\n")], actions: [] }
    keep(path, id, { volcv_status: [status] })
    if (path === openWorkflow() && hasStatus(nodeOf(id))) settle(id, "", status)
  }
  if (advice) offer(advice)
}

/** Show again what the nodes of the open workflow showed last: what was kept of it, else what the frontend has. */
function refill() {
  for (const [id, node] of statusNodes()) {
    const now = app.nodeOutputs?.[id]
    const output = (current && outputOf(id)) || (now?.volcv_status && now)
    const [status] = output?.volcv_status ?? []
    const same = JSON.stringify(status?.lines) === JSON.stringify(now?.volcv_status?.[0].lines)
    if (status && status.kind !== "running" && !same) {
      hand(id, "", output)
    } else {
      show(node, status)
      if (output?.images?.length) roomForPictures(node)
    }
  }
}

/** A graph has been loaded. Its workflow becomes the open one a little later; nothing kept belongs to it before. */
function loaded() {
  const load = ++loads
  const end = Date.now() + LONGEST
  current = false
  const look = () => {
    if (load !== loads) return
    current = openWorkflow() !== before || Date.now() > end
    if (current) refill()
    else setTimeout(look, LOOK)
  }
  setTimeout(refill)
  setTimeout(look)
}

/** Before the first run of an open workflow with nodes of ours: what to do if nothing is set up yet. */
async function offerSetup() {
  if (offered || statusNodes().next().done) return
  offered = true
  const { advice } = await call("GET", "/status").catch(() => ({}))
  if (advice?.actions.includes("sandbox")) offer(advice)
}

app.registerExtension({
  name: "volcv.node",
  init() {
    addStyle(import.meta.url, "node.css")
    watchQueue(onRefused)
    api.addEventListener("volcv.status", onStatus)
    api.addEventListener("executed", onExecuted)
    api.addEventListener("execution_error", onError)
    api.addEventListener("execution_start", ({ detail }) => {
      prompt = detail.prompt_id
      cached = new Set()
      told = new Set()
    })
    api.addEventListener("execution_cached", ({ detail }) => detail.nodes.forEach((id) => cached.add(String(id))))
    api.addEventListener("executing", ({ detail: id }) => {
      if (id && hasStatus(nodeOf(id))) settle(id, prompt, { kind: "running", lines: [say("node_running")] })
    })
  },
  setup() {
    loadPrices()
  },
  nodeCreated(node) {
    if (!hasStatus(node)) return
    addPanel(node)
    addBadge(node)
  },
  beforeConfigureGraph() {
    before = openWorkflow()
  },
  afterConfigureGraph() {
    loaded()
    offerSetup()
  },
  onNodeOutputsUpdated(outputs) {
    // Before a graph is loaded the frontend takes the outputs of the last one away.
    if (loads && Object.keys(outputs).length) refill()
  }
})
