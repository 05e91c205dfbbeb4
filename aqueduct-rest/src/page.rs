//! The HTML page for requests that reach no resource: a path that is refused, or a worker that is still starting.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Response, StatusCode};

/// The page. Only methods that read get it as a body; others get the status and the same caching rule.
pub(crate) fn page(method: &Method, path: &str, status: StatusCode, message: &str) -> Response<Full<Bytes>> {
    let with_body = [Method::GET, Method::HEAD, Method::POST].contains(method);
    let body = if with_body { html(path, status, message) } else { String::new() };
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("must-revalidate,no-cache,no-store"));
    if with_body {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html;charset=iso-8859-1"));
    }
    response
}

fn html(path: &str, status: StatusCode, message: &str) -> String {
    let code = status.as_u16();
    let path = escape(path);
    format!(
        "<html>\n<head><title>Error {code} {message}</title></head>\n<body>\n<h2>HTTP ERROR {code} {message}</h2>\n\
         <p>URI: {path}</p>\n</body>\n</html>\n"
    )
}

/// Makes text harmless in HTML; what is not ASCII becomes a question mark, since the page is not UTF-8.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            ' '..='~' => escaped.push(c),
            _ => escaped.push('?'),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_cannot_bring_markup_into_the_page() {
        let page = html("/<script>\"&é", StatusCode::BAD_REQUEST, "Bad URI");
        assert!(page.contains("<p>URI: /&lt;script&gt;&quot;&amp;?</p>"), "{page}");
        assert!(page.contains("<h2>HTTP ERROR 400 Bad URI</h2>"), "{page}");
    }
}
