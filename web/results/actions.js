/** What can be done with a result besides looking at it. */
import { app } from "../../../scripts/app.js"
import { say } from "../api.js"

const RECALL = "Volcv_recall"
const STEP = 40
const RINGS = 40
const TITLE = 40

/** A message that goes away by itself, later if it is longer. */
export function toast(severity, summary, detail = "") {
  app.extensionManager.toast.add({ severity, summary, detail, life: detail.length > 80 ? 15000 : 4000 })
}

/** Put a text onto the clipboard and say so. Pages that are not on https or localhost have the old way only. */
export async function copy(text, home = document.body, words = {}) {
  const { done = say("results_copied"), failed = say("results_not_copied") } = words
  try {
    if (navigator.clipboard) await navigator.clipboard.writeText(text)
    else copyOldWay(text, home)
    toast("success", done, text)
  } catch (error) {
    toast("error", failed, error.message)
  }
}

function copyOldWay(text, home) {
  const focused = document.activeElement
  const field = Object.assign(document.createElement("textarea"), { value: text, readOnly: true })
  field.style.position = "fixed"
  home.append(field) // within an open dialog, or it could not be selected
  field.select()
  const done = document.execCommand("copy")
  field.remove()
  focused?.focus()
  if (!done) throw new Error(text)
}

/** Middle of what the canvas shows, in its own units. */
function middle(canvas) {
  const [x, y, width, height] = canvas.ds?.visible_area ?? canvas.visible_area ?? [0, 0, 0, 0]
  const ratio = Math.max(globalThis.devicePixelRatio ?? 1, 1)
  return [x + width / ratio / 2, y + height / ratio / 2]
}

/** The place nearest to the wanted one where a node of that size covers no other; the wanted one if all is full. */
function freePlace(wanted, size, nodes) {
  const free = ([x, y]) =>
    nodes.every(({ pos, size: other }) => {
      const beside = x + size[0] + STEP / 2 < pos[0] || pos[0] + other[0] + STEP / 2 < x
      return beside || y + size[1] + STEP / 2 < pos[1] - TITLE || pos[1] + other[1] + STEP / 2 < y - TITLE
    })
  for (let ring = 0; ring <= RINGS; ring++) {
    const places = []
    for (let across = -ring; across <= ring; across++) {
      for (let down = -ring; down <= ring; down++) {
        const onRing = Math.max(Math.abs(across), Math.abs(down)) === ring
        if (onRing) places.push([wanted[0] + across * STEP, wanted[1] + down * STEP])
      }
    }
    const found = places.find(free)
    if (found) return found
  }
  return wanted
}

/** Add a recall node for that request id near the middle of the view and select it. */
export function useInGraph(requestId) {
  const { canvas } = app
  const graph = canvas.graph ?? app.graph
  const node = globalThis.LiteGraph.createNode(RECALL)
  const widget = node?.widgets?.find((one) => one.name === "request_id")
  if (!widget) return toast("error", say("results_no_node"))
  widget.value = requestId
  const [x, y] = middle(canvas)
  node.pos = freePlace([x - node.size[0] / 2, y - node.size[1] / 2], node.size, graph.nodes)
  graph.beforeChange?.()
  graph.add(node)
  graph.afterChange?.()
  canvas.deselectAll?.()
  canvas.selectNode(node)
  canvas.bringToFront?.(node)
  canvas.setDirty(true, true)
  toast("success", say("results_in_graph"), say("results_in_graph_hint"))
}
