// Reads numbers from a /metrics page.

/** Label text and number of each line of `cluster_connect_gateway_<name>`. */
export async function metricsOf(privateUrl: string, name: string): Promise<[string, number][]> {
  const text = await (await fetch(`${privateUrl}/metrics`)).text();
  const prefix = `cluster_connect_gateway_${name}`;
  const found: [string, number][] = [];
  for (const line of text.split('\n')) {
    const match = /^(\w+)(?:\{([^}]*)\})? (\S+)$/.exec(line);
    if (match?.[1] === prefix) found.push([match[2] ?? '', Number(match[3])]);
  }
  return found;
}
