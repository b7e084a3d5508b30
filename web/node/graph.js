/** Nodes of the pack in the open graph, by the ids that the server uses, and the workflow that a run belongs to. */
import { api } from "../../../scripts/api.js"
import { app } from "../../../scripts/app.js"

/** Whether a node hands out results, and so has a status: model nodes and Recall. */
export function hasStatus(node) {
  return Boolean(node?.comfyClass?.startsWith("Volcv_") && node.outputs?.some((output) => output.name === "response"))
}

/** The widget of that name, also inside a dynamic combo ("size_by.width"). */
export function widgetOf(node, name) {
  return node.widgets?.find((widget) => widget.name === name || widget.name.endsWith(`.${name}`))
}

const root = () => app.rootGraph ?? app.graph

/** The node with an id of the server's, such as "7", or "3:7" inside a subgraph. */
export function nodeOf(id) {
  let graph = root()
  let node
  for (const part of String(id).split(":")) {
    node = graph?.getNodeById(part)
    graph = node?.subgraph
  }
  return node
}

/** Every [id, node] of the open workflow. */
export function* allNodes(graph = root(), prefix = "") {
  for (const node of graph?.nodes ?? []) {
    const id = `${prefix}${node.id}`
    yield [id, node]
    if (node.subgraph) yield* allNodes(node.subgraph, `${id}:`)
  }
}

/** Those that have a status. */
export function* statusNodes() {
  for (const one of allNodes()) if (hasStatus(one[1])) yield one
}

/** Path of the open workflow; tells tabs with equal node ids apart. */
export function openWorkflow() {
  return app.extensionManager.workflow?.activeWorkflow?.path ?? ""
}

const workflows = new Map() // prompt id -> path

export function workflowOf(promptId) {
  return workflows.get(promptId) ?? openWorkflow()
}

/** Call `refused(errors by node id, path)` when the server refuses nodes before a run. The frontend has no event. */
export function watchQueue(refused) {
  const queue = api.queuePrompt
  api.queuePrompt = async function (...given) {
    const path = openWorkflow()
    try {
      const answer = await queue.apply(this, given)
      workflows.set(answer?.prompt_id, path)
      refused(answer?.node_errors ?? {}, path)
      return answer
    } catch (error) {
      refused(error?.response?.node_errors ?? {}, path)
      throw error
    }
  }
}
