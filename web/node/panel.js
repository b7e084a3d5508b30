/** The status on a node: a headline, lines below it, buttons. Filled anew whenever the frontend makes a node anew. */
import { say } from "../api.js"
import { make } from "../controls.js"
import { buttons } from "./actions.js"

const PADDING = 8
const panels = new WeakMap()

export function addPanel(node) {
  if (panels.has(node)) return
  const text = make("div", { className: "volcv-status-text", role: "status" })
  const element = make("div", { className: "volcv-status", hidden: true }, text)
  const panel = { node, element, text, height: 0, base: 0 }
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
  new ResizeObserver(() => text.offsetHeight && fit(panel)).observe(text)
}

/** Show a status, or nothing. */
export function show(node, status) {
  const panel = panels.get(node)
  if (!panel) return
  const { element, text } = panel
  const empty = !status?.lines?.length
  if (empty) text.replaceChildren()
  else {
    const [headline, ...lines] = status.cached ? [say("node_cached"), ...status.lines] : status.lines
    const rows = [make("b", { textContent: headline }), ...lines.map((line) => make("p", { textContent: line }))]
    text.replaceChildren(...rows, ...(status.actions?.length ? [buttons(status.actions)] : []))
  }
  element.dataset.kind = status?.kind ?? ""
  if (element.hidden !== empty) {
    if (!empty) panel.base = node.size[1]
    element.hidden = empty
  }
  fit(panel)
}

/** As tall as its text; the node grows with it, and gives the room back once there is nothing to show. */
function fit({ node, element, text, base }) {
  const panel = panels.get(node)
  const height = element.hidden ? 0 : text.offsetHeight && text.offsetHeight + 2 * PADDING
  if (height === panel.height || (!height && !element.hidden)) return
  panel.height = height
  const room = Math.max(node.computeSize()[1], height ? node.size[1] : base)
  node.setSize([node.size[0], room])
  node.setDirtyCanvas?.(true, true)
}

/** Take the pictures of an earlier run off a node of the classic canvas; Nodes 2.0 draws them from the outputs. */
export function dropPictures(node) {
  if (!node.imgs?.length) return
  node.imgs = node.images = undefined
  const preview = node.widgets?.findIndex((widget) => widget.name === "$$canvas-image-preview") ?? -1
  if (preview >= 0) {
    node.widgets[preview].onRemove?.()
    node.widgets.splice(preview, 1)
  }
  node.setSize([node.size[0], Math.max(node.computeSize()[1], panels.get(node)?.base ?? 0)])
  node.setDirtyCanvas?.(true, true)
}
