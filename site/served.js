// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// No module, as it must run where modules do not: a browser loads none of a page that was opened as a file.
if (location.protocol === "file:") {
    const folder = decodeURIComponent(location.pathname).replace(/\/[^/]*$/, "").replace(/^\/(?=[A-Za-z]:)/, "");
    const when = document.getElementById("when");
    when.textContent = "This page was opened as a file, and a browser runs its machine only from a web server. "
        + `Start one: python3 -m http.server -d "${folder}" and open http://localhost:8000/`;
    when.classList.add("error");
}
