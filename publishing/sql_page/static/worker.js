// The engine's worker, with two things in front. It speaks to this site and to nobody else: DuckDB would otherwise look
// for extensions elsewhere when a query names a function of one. And it unpacks the engine while it arrives, so that the
// browser compiles it meanwhile; no server has to know about compression.
"use strict";
(() => {
  const here = self.location.origin;
  const allowed = (address) => new URL(address, self.location.href).origin === here;
  const refuse = () => new TypeError("This page asks no other site.");
  const fetchHere = self.fetch.bind(self);

  const engine = new URL("duckdb.wasm", self.location.href).href;
  let packed = fetchHere(`${engine}.gz`);

  /** DuckDB's worker keeps such a failure to itself; thrown here, the page hears of it. */
  function tell(error) {
    setTimeout(() => {
      throw error;
    });
    throw error;
  }

  async function unpackedEngine() {
    const response = await (packed || fetchHere(`${engine}.gz`));
    packed = null;
    if (!response.ok) throw new Error(`The engine could not be fetched (${response.status}).`);
    const [peeked, whole] = response.body.tee();
    const reader = peeked.getReader();
    const first = (await reader.read()).value || [];
    reader.cancel();
    // A server may have unpacked it already: the first two bytes tell.
    const isPacked = first[0] === 0x1f && first[1] === 0x8b;
    const stream = isPacked ? whole.pipeThrough(new DecompressionStream("gzip")) : whole;
    return new Response(stream, { headers: { "Content-Type": "application/wasm" } });
  }

  self.fetch = (request, options) => {
    const address = new URL(request instanceof Request ? request.url : request, self.location.href).href;
    if (address === engine) return unpackedEngine().catch(tell);
    return allowed(address) ? fetchHere(request, options) : Promise.reject(refuse());
  };
  const open = self.XMLHttpRequest.prototype.open;
  self.XMLHttpRequest.prototype.open = function (method, address, ...rest) {
    if (!allowed(address)) throw refuse();
    return open.call(this, method, address, ...rest);
  };
  self.WebSocket = self.EventSource = undefined;
})();
importScripts("duckdb-worker.js");
