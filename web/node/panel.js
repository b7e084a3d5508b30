/** The status on a node: a headline, lines below it, buttons. Filled anew whenever the frontend makes a node anew. */
import { app } from "../../../scripts/app.js"
import { say } from "../api.js"
import { make } from "../controls.js"
import { buttons } from "./actions.js"

const PADDING = 8
const PICTURES = 256
const REDRAWN = 200 // milliseconds until Nodes 2.0 has taken pictures off
const panels = new WeakMap()

export function addPanel(node) {
  if (panels.has(node)) return
  const text = make("div", { className: "volcv-status-text", role: "status" })
  const element = make("div", { className: "volcv-status", hidden: true }, text)
  // `bare`: height of the node without status and pictures, `grown`: the height that it got for them.
  const panel = { node, element, text, height: 0, bare: 0, grown: 0, pictures: false }
  panels.set(node, panel)
  const widget = node.addDOMWidget("volcv_status", "VOLCV_STATUS", element, {
    serialize: false,
    hideOnZoom: false,
    margin: PADDING,
    getValue: () => "",
    setValue() {},
    getMinHeight: () => panel.height,
    getMaxHeight: () => panel.height
  })
  widget.serialize = false
  // The height follows the text and the width of the node. A node out of view has none and keeps what it had.
  // A saved workflow, and a tab that is opened again, have the node without them.
  const serialized = node.onSerialize
  node.onSerialize = function (data) {
    serialized?.call(this, data)
    if (panel.grown > panel.bare) data.size = [data.size[0], data.size[1] - (panel.grown - panel.bare)]
  }
  new ResizeObserver(() => text.offsetHeight && fit(panel)).observe(text)
}

/**
 * Nodes 2.0 places the element of a widget once. When undo makes a node anew, the page goes on showing the panel of the
 * node before: put the new one in its place.
 */
function place({ node, element }) {
  if (element.isConnected || node.graph !== (app.canvas.graph ?? app.graph)) return
  document.querySelector(`[data-node-id="${node.id}"] .volcv-status`)?.replaceWith(element)
}

/** Show a status, or nothing. */
export function show(node, status) {
  const panel = panels.get(node)
  if (!panel) return
  const { element, text } = panel
  place(panel)
  const empty = !status?.lines?.length
  if (empty) text.replaceChildren()
  else {
    const [headline, ...lines] = status.cached ? [say("node_cached"), ...status.lines] : status.lines
    const rows = [make("b", { textContent: headline }), ...lines.map((line) => make("p", { textContent: line }))]
    text.replaceChildren(...rows, ...(status.actions?.length ? [buttons(status.actions)] : []))
  }
  element.dataset.kind = status?.kind ?? ""
  if (element.hidden && !panel.pictures) panel.bare = panel.grown = node.size[1]
  element.hidden = empty
  fit(panel)
}

const isClassic = () => !app.extensionManager.setting.get("Comfy.VueNodes.Enabled")

/** As tall as its text; a node of the classic canvas grows and shrinks with it. Nodes 2.0 does that by itself. */
function fit(panel) {
  const { node, element, text } = panel
  const height = element.hidden ? 0 : text.offsetHeight && text.offsetHeight + 2 * PADDING
  if (height === panel.height || (!height && !element.hidden)) return
  const more = height - panel.height
  panel.height = height
  resize(panel, node.size[1] + more)
}

function resize(panel, height) {
  const { node } = panel
  if (isClassic()) {
    node.setSize([node.size[0], Math.max(node.computeSize()[1], height)])
    panel.grown = node.size[1]
  }
  node.setDirtyCanvas?.(true, true)
}

/** The frontend takes the room for pictures from the prompt box; the classic canvas needs it besides. */
export function roomForPictures(node) {
  const panel = panels.get(node)
  panel.pictures = true
  resize(panel, Math.max(node.size[1], panel.bare + panel.height + PICTURES))
}

/** Take the pictures of an earlier run off a node, and the room that it had for them. */
export function dropPictures(node) {
  const panel = panels.get(node)
  if (!panel?.pictures) return
  panel.pictures = false
  node.imgs = node.images = undefined
  const preview = node.widgets?.findIndex((widget) => widget.name === "$$canvas-image-preview") ?? -1
  if (preview >= 0) {
    node.widgets[preview].onRemove?.()
    node.widgets.splice(preview, 1)
  }
  if (isClassic()) resize(panel, panel.bare + panel.height)
  else setTimeout(() => panel.pictures || node.setSize([node.size[0], panel.bare]), REDRAWN)
}
