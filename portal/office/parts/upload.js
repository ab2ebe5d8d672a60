// Great files go straight to the bucket, by a form that the API signed for one key and a short time.

import { ApiError } from "../../wire.js";

const PATIENCE_MS = 900_000; // as long as the form is good for

/** `form`: {url, fields}; `told(sent, all)` hears of the progress, which fetch would not tell. */
export function send(form, file, told) {
  const body = new FormData();
  for (const [name, value] of Object.entries(form.fields)) body.append(name, value);
  body.append("file", file); // S3 ignores what comes behind the file
  return new Promise((done, failed) => {
    const call = new XMLHttpRequest();
    const lost = () => failed(new ApiError(navigator.onLine ? "unreachable" : "offline"));
    call.open("POST", form.url);
    call.timeout = PATIENCE_MS;
    call.upload.addEventListener("progress", (event) => told(event.loaded, event.total));
    call.addEventListener("load", () => (call.status >= 200 && call.status < 300 ? done()
      : failed(new ApiError("upload_refused", call.status))));
    call.addEventListener("error", lost);
    call.addEventListener("timeout", () => failed(new ApiError("timeout")));
    call.send(body);
  });
}
