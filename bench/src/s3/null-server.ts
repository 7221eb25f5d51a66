// An S3 that keeps nothing: takes every body, answers every GET with 1 GiB. Prints its port.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

const size = 1024 ** 3;
const chunk = Buffer.alloc(256 * 1024, 7);
const etag = `"${"0".repeat(32)}"`;

const server = createServer((request, response) => {
  if (request.method === "GET") return sendObject(response);
  request.resume();
  request.once("end", () => answer(request, response));
});
server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));

function answer({ method, url = "" }: IncomingMessage, response: ServerResponse): void {
  if (method === "POST") {
    const name = /[?&]uploads/.test(url) ? "InitiateMultipartUploadResult" : "CompleteMultipartUploadResult";
    response.end(`<${name}><Bucket>b</Bucket><Key>k</Key><UploadId>u</UploadId><ETag>${etag}</ETag></${name}>`);
  } else {
    response.writeHead(200, { etag });
    response.end();
  }
}

function sendObject(response: ServerResponse): void {
  let left = size / chunk.length;
  response.writeHead(200, { etag, "content-length": size });
  const more = (): void => {
    while (left > 0) {
      left--;
      if (!response.write(chunk)) return void response.once("drain", more);
    }
    response.end();
  };
  more();
}
