/** Nodes for results on the canvas: where there is room, with the inputs of a result, or bringing it back. */
import { api } from "../../../scripts/api.js"
import { app } from "../../../scripts/app.js"
import { call, say } from "../api.js"
import { toast } from "./actions.js"
import { pictureUrl } from "./source.js"

const RECALL = { picture: "Volcv_recall", video: "Volcv_recall_video" }
const SOCKET = { picture: "IMAGE", video: "VIDEO" }
const WATERMARK = "Volcv_watermark"
const DRAGGED = "application/x-volcv-result"
const STEP = 40
const RINGS = 40
const GAP = 20
const TITLE = 40 // above a node's position
const PREVIEW = 300 // that the picture will add to the height, at most
const ROOM = 220 // for it on the classic canvas, which makes room only once it has been loaded
const [TOASTS_WIDTH, TOASTS_HEIGHT] = [420, 230] // at the top right of the page, where messages come and go
const CURVE = 24 // points of a link that are looked at

const graphInView = () => app.canvas.graph ?? app.graph

function toClient([x, y]) {
  const { canvas, ds } = app.canvas
  const { left, top } = canvas.getBoundingClientRect()
  return [(x + ds.offset[0]) * ds.scale + left, (y + ds.offset[1]) * ds.scale + top]
}

function toGraph([x, y]) {
  const { canvas, ds } = app.canvas
  const { left, top } = canvas.getBoundingClientRect()
  return [(x - left) / ds.scale - ds.offset[0], (y - top) / ds.scale - ds.offset[1]]
}

/** Whether nothing of the page, such as a bar or the sidebar, lies over that point of the canvas. */
function isCanvas([x, y]) {
  if (x > innerWidth - TOASTS_WIDTH && y < TOASTS_HEIGHT) return false
  const hit = document.elementFromPoint(x, y)
  const node = hit?.closest?.("[data-node-id]") // of Nodes 2.0: its box is looked at elsewhere
  return Boolean(hit && (hit === app.canvas.canvas || node || hit.contains(app.canvas.canvas)))
}

/** Points along a link, as it is drawn by default: a curve that leaves and arrives horizontally. */
function pointsOf(link, graph) {
  const from = graph.getNodeById(link.origin_id)?.getConnectionPos?.(false, link.origin_slot)
  const to = graph.getNodeById(link.target_id)?.getConnectionPos?.(true, link.target_slot)
  if (!from || !to) return []
  const bend = Math.hypot(to[0] - from[0], to[1] - from[1]) / 4
  return [...Array(CURVE + 1).keys()].map((number) => {
    const t = number / CURVE
    const [a, b, c, d] = [(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t ** 3]
    const x = a * from[0] + b * (from[0] + bend) + c * (to[0] - bend) + d * to[0]
    return [x, (a + b) * from[1] + (c + d) * to[1]]
  })
}

const linksOf = (graph) => [...(graph.links?.values?.() ?? Object.values(graph.links ?? {}))].filter(Boolean)

/** Where a node of that size lies on no node and no link, nearest to the wanted place, and in view if possible. */
function freePlace(wanted, size) {
  const graph = graphInView()
  const wires = linksOf(graph).flatMap((link) => pointsOf(link, graph))
  const [width, height] = size
  const isFree = ([x, y]) =>
    graph.nodes.every(({ pos, size: other }) => {
      const beside = x + width + GAP < pos[0] || pos[0] + other[0] + GAP < x
      return beside || y + height + GAP < pos[1] - TITLE || pos[1] + other[1] + GAP < y - TITLE
    }) &&
    wires.every(([a, b]) => a < x - GAP || a > x + width + GAP || b < y - TITLE || b > y + height + GAP)
  const inView = ([x, y]) =>
    [0, 0.5, 1].every((across) =>
      [0, 0.5, 1].every((down) => isCanvas(toClient([x + width * across, y - TITLE + (height + TITLE) * down])))
    )
  let outside = null
  for (let ring = 0; ring <= RINGS; ring++) {
    for (let across = -ring; across <= ring; across++) {
      for (let down = -ring; down <= ring; down++) {
        if (Math.max(Math.abs(across), Math.abs(down)) !== ring) continue
        const place = [wanted[0] + across * STEP, wanted[1] + down * STEP]
        if (!isFree(place)) continue
        if (inView(place)) return place
        outside ??= place
      }
    }
  }
  return outside ?? wanted
}

/** The middle of the part of the canvas that can be seen. */
function middle() {
  const { left, top, right, bottom } = app.canvas.canvas.getBoundingClientRect()
  const panel = document.querySelector(".volcv-results")?.getBoundingClientRect()
  const [from, to] = !panel || panel.right > (left + right) / 2 ? [left, panel?.left ?? right] : [panel.right, right]
  return toGraph([(Math.min(from, to) + Math.max(from, to)) / 2, (top + bottom) / 2])
}

/** Add a node of that type and give it values by input name; at `pos`, or else where there is room near `near`. */
function addNode(type, values, { pos, near, spare = 0 } = {}) {
  const graph = graphInView()
  const node = globalThis.LiteGraph.createNode(type)
  if (!node) {
    toast("error", say("results_no_node"), type)
    return null
  }
  const size = [node.size[0], node.size[1] + spare]
  const [x, y] = near ?? middle()
  node.pos = pos ?? freePlace([x - size[0] / 2, y - size[1] / 2], size)
  graph.beforeChange?.()
  graph.add(node)
  for (const [name, value] of Object.entries(values)) setValue(node, name, value)
  graph.afterChange?.()
  return node
}

/** The children of a dynamic combo are called <combo>.<name>, and exist once it has its value. */
function setValue(node, name, value) {
  const widgets = node.widgets ?? []
  const widget = widgets.find((one) => one.name === name) ?? widgets.find((one) => one.name.endsWith(`.${name}`))
  if (!widget) return
  widget.value = value
  widget.callback?.(value)
}

function show(node) {
  const { canvas } = app
  canvas.deselectAll?.()
  canvas.selectNode(node)
  canvas.bringToFront?.(node)
  const corners = [node.pos, [node.pos[0] + node.size[0], node.pos[1] + node.size[1]]].map(toClient)
  if (!corners.every(isCanvas)) canvas.centerOnNode?.(node)
  canvas.setDirty(true, true)
}

/** The result's picture on a node that has not run, in the way that previews of a running node arrive. */
async function preview(node, row) {
  if (!row.pictures || graphInView() !== (app.rootGraph ?? app.graph)) return
  try {
    const blob = await (await fetch(pictureUrl(api, row, 0, row.kind === "video"))).blob()
    const id = String(node.id)
    const ids = { nodeId: id, displayNodeId: id, parentNodeId: id, realNodeId: id }
    api.dispatchCustomEvent("b_preview_with_metadata", { blob, ...ids, jobId: "volcv" })
    if (!globalThis.LiteGraph.vueNodesMode) node.setSize([node.size[0], Math.max(node.size[1], node.computeSize()[1] + ROOM)])
    app.canvas.setDirty(true, true) // the classic canvas looks for previews when it draws
  } catch {
    // Only a convenience: the node shows its picture when it runs.
  }
}

/** Add a node that brings the result back, where there is room, and select it. */
export function useInGraph(row, place = {}) {
  const node = addNode(RECALL[row.kind], { request_id: row.name }, { spare: PREVIEW, ...place })
  if (!node) return null
  show(node)
  preview(node, row)
  toast("success", say("results_in_graph"), say("results_in_graph_hint"))
  return node
}

/** Add the node of a result with its inputs, prompt and seed. Pictures are not stored and must be connected again. */
export async function recreate(row) {
  let recipe
  try {
    recipe = (await call("GET", `/results/${row.id}`)).recreate
  } catch (error) {
    return toast("error", say("results_not_recreated"), error.message)
  }
  const { logo_info: watermark, ...inputs } = recipe.inputs
  const given = Object.entries(inputs)
  const node = addNode(recipe.node, Object.fromEntries(given.filter(([, value]) => value !== null)))
  if (!node) return
  if (watermark) addWatermark(node, watermark)
  show(node)
  const open = given.filter(([, value]) => value === null).map(([name]) => labelOf(node, name))
  toast("success", say("results_recreated"), open.length ? say("results_connect", { names: open.join(", ") }) : "")
}

function addWatermark(node, block) {
  const near = [node.pos[0] - 200, node.pos[1] + 200]
  const source = addNode(WATERMARK, block, { near })
  const index = node.inputs?.findIndex((one) => one.name === "logo_info") ?? -1
  if (source && index >= 0) source.connect?.(0, node, index)
}

function labelOf(node, name) {
  const input = node.inputs?.find((one) => one.name === name)
  return input?.label ?? input?.localized_name ?? name
}

/** Let a row be dragged onto the canvas. */
export function makeDraggable(element, row) {
  element.draggable = true
  element.addEventListener("dragstart", ({ dataTransfer }) => {
    const { id, name, kind, pictures, version } = row
    dataTransfer.setData(DRAGGED, JSON.stringify({ id, name, kind, pictures, version }))
    dataTransfer.effectAllowed = "copy"
    const picture = element.querySelector("img")
    if (picture) dataTransfer.setDragImage(picture, 20, 20)
  })
}

const isDragged = (event) => event.dataTransfer?.types.includes(DRAGGED) && !event.target.closest?.(".volcv-results")

/** The input of a node that takes the kind of result: at that point, or else the first that is free. */
function inputAt(node, point, kind) {
  const fits = ({ type, link }, hit) => (hit || link == null) && String(type).split(",").includes(SOCKET[kind])
  const slot = node.getSlotOnPos?.(point)
  const index = node.inputs?.indexOf(slot) ?? -1
  if (index >= 0) return fits(slot, true) ? index : -1
  return node.inputs?.findIndex((input) => fits(input, false)) ?? -1
}

function drop(event) {
  if (!isDragged(event)) return
  event.preventDefault()
  event.stopPropagation()
  const row = JSON.parse(event.dataTransfer.getData(DRAGGED))
  const point = toGraph([event.clientX, event.clientY])
  const graph = graphInView()
  const target = graph.getNodeOnPos(...point)
  if (!target) return useInGraph(row, { pos: point })
  if (target.type === RECALL[row.kind]) {
    setValue(target, "request_id", row.name)
    return preview(target, row)
  }
  const index = inputAt(target, point, row.kind)
  const near = [target.pos[0] - 200, point[1] + PREVIEW / 2]
  const node = useInGraph(row, { near })
  if (node && index >= 0) node.connect?.(0, target, index)
}

/** Take dropped results; before the canvas and its overlays do, which may be another element in each renderer. */
export function takeDrops() {
  const over = (event) => {
    if (!isDragged(event)) return
    event.preventDefault()
    event.dataTransfer.dropEffect = "copy"
  }
  document.addEventListener("dragover", over, { capture: true })
  document.addEventListener("drop", drop, { capture: true })
}
