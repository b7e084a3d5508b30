/** Whether the connection of a profile was tested since it was last changed. Kept in this browser; holds no secret. */

const NAME = "volcv.tested"
const PROVED = ["base_url", "gateway_path", "api_key", "access_key", "secret_key", "session_token"]

function connection({ profile, fields }) {
  const facts = PROVED.map((name) => fields[name] ?? {})
  return JSON.stringify([profile, ...facts.map(({ source, value, last4 }) => [source, value, last4])])
}

/** true: it works, false: it failed, null: not tested. `status`: of the server. */
export function testResult(status) {
  try {
    const [tested, ok] = JSON.parse(localStorage.getItem(NAME)) ?? []
    return tested === connection(status) ? ok : null
  } catch {
    return null
  }
}

export function recordTest(status, ok) {
  try {
    localStorage.setItem(NAME, JSON.stringify([connection(status), ok]))
  } catch {
    // Without storage it counts as not tested.
  }
}
