/** The badge of a model node: how many calls Run makes, and about how much they cost. */
import { call, say } from "../api.js"
import { statusNodes, widgetOf } from "./graph.js"

const ONE_PICTURE = new Set(["LoadImage", "LoadImageMask", "Volcv_example_picture"])
const PASSED_ON = new Set(["Reroute", "ImageScale", "ImageScaleBy", "ImageScaleToTotalPixels", "ImageInvert", "ImageCrop", "ImagePadForOutpaint", "ImageBlur", "ImageSharpen", "ImageToMask", "MaskToImage", "InvertMask", "GrowMask"])
const DEPTH = 20

let facts = {}

/** Read the prices of the active profile again, and draw the badges anew. */
export async function loadPrices() {
  const fresh = await call("GET", `/prices?revision=${facts.revision ?? ""}`).catch(() => null)
  if (!fresh?.nodes) return
  facts = fresh
  for (const [, node] of statusNodes()) {
    // Nodes 2.0 draws a badge anew only when a widget that it reads has changed.
    const count = widgetOf(node, "count")
    if (count) {
      const value = count.value
      count.value = value + 1
      count.value = value
    }
    node.setDirtyCanvas?.(true)
  }
}

window.addEventListener("volcv.changed", loadPrices)

export function addBadge(node) {
  const Badge = window.LGraphBadge
  if (!Badge || !node.badges || !widgetOf(node, "count")) return
  node.badges.push(() => new Badge({ text: badgeText(node), fgColor: "#e8eaed", bgColor: "#33506b" }))
}

function badgeText(node) {
  const each = valueOf(node, "count")
  if (typeof each !== "number") return ""
  const batch = batchOf(node, DEPTH)
  const count = each * (batch ?? 1)
  const name = batch === null ? "badge_each" : "badge_calls"
  const calls = count === 1 ? say(batch === null ? "badge_each_one" : "badge_one") : say(name, { count })
  if (facts.sandbox) return say("badge_sandbox", { calls })
  const price = priceOf(node)
  if (!price) return calls
  return say(price.least ? "badge_from" : "badge_about", { calls, money: money(price.amount * count, price.currency) })
}

/** The value of a widget; null if there is none or a link feeds it. */
function valueOf(node, name) {
  const widget = widgetOf(node, name)
  const fed = node.inputs?.some((input) => input.widget?.name === widget?.name && input.link != null)
  return widget && !fed ? widget.value : null
}

/** Pictures that each run works on one by one; null if the graph does not say. */
function batchOf(node, depth) {
  const names = facts.nodes?.[node.comfyClass]?.pictures
  const sockets = node.inputs?.filter((input) => input.link != null && isPicture(input, names)) ?? []
  const sizes = sockets.map((input) => sizeOf(sourceOf(node, input), depth - 1))
  return sizes.includes(null) ? null : Math.max(1, ...sizes)
}

function isPicture(input, names) {
  return names ? names.includes(input.name) : input.type === "IMAGE" || input.type === "MASK"
}

function sourceOf(node, input) {
  const link = node.graph?.getLink?.(input.link) ?? node.graph?.links?.[input.link]
  return node.graph?.getNodeById(link?.origin_id)
}

/** How many pictures a node hands out; null if that shows only when it runs. */
function sizeOf(node, depth) {
  if (!node || depth < 0) return null
  const type = node.comfyClass ?? node.type
  if (ONE_PICTURE.has(type)) return 1
  const pictures = node.inputs?.filter((input) => input.link != null && isPicture(input)) ?? []
  const sizes = () => pictures.map((input) => sizeOf(sourceOf(node, input), depth - 1))
  if (PASSED_ON.has(node.type)) return node.inputs?.[0]?.link == null ? null : sizeOf(sourceOf(node, node.inputs[0]), depth - 1)
  if (type === "EmptyImage") return valueOf(node, "batch_size")
  if (type === "RepeatImageBatch") return times(sizes()[0] ?? null, valueOf(node, "amount"))
  if (type === "ImageBatch") return sizes().includes(null) ? null : sizes().reduce((sum, size) => sum + size, 0)
  if (type?.startsWith("Volcv_") && widgetOf(node, "count")) return times(batchOf(node, depth), valueOf(node, "count"))
  return null
}

function times(first, second) {
  return first === null || second === null ? null : first * second
}

/** Expected price of one call of a node: {amount, currency, least}; null if nobody states one. */
function priceOf(node) {
  const about = facts.nodes?.[node.comfyClass]
  if (!about) return null
  let key = about.req_key ?? valueOf(node, "req_key")
  for (const [choice, values] of Object.entries(about.choices)) {
    if (Object.entries(values).every(([name, value]) => valueOf(node, name) === value)) key = choice
  }
  const price = facts.prices[key] ?? facts.prices["*"]
  if (!price) return null
  const { per, currency } = price
  let { amount } = price
  if (per === "second") {
    const [name, seconds] = Object.entries(about.seconds)[0] ?? []
    const length = name && seconds[valueOf(node, name)]
    if (!length) return null
    amount *= length
  }
  const least = per === "picture" && Boolean(about.single) && valueOf(node, about.single) !== true
  return { amount, currency, least }
}

function money(amount, currency) {
  const [whole, digits] = amount.toFixed(4).split(".")
  return `${currency} ${whole}.${digits.replace(/0+$/, "").padEnd(2, "0")}`
}
