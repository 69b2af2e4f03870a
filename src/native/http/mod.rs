//! The module `_http`: what of HTTP and WebSockets must be fast, or needs bytes at hand. Nothing here
//! knows of sockets; the rest is `stdlib/aiohttp*.sloop`.

mod chunks;
mod frames;
mod head;
mod quoting;

use super::{add_functions, function};
use crate::gc::Gc;
use crate::value::Dict;
use crate::vm::{Cx, Def, Stop};

static FUNCTIONS: &[Def] = &[
    function(
        "parse_request(data, start, max_line, max_field, max_fields, /)",
        "(end, method, target, minor, fields, flags, length); None: not complete; a text: wrong.",
        head::parse_request,
    ),
    function(
        "parse_response(data, start, max_line, max_field, max_fields, /)",
        "(end, minor, status, reason, fields, flags, length); None: not complete; a text: wrong.",
        head::parse_response,
    ),
    function("headers(fields, /)", "[(name in small letters, name, value), ...]", head::headers),
    function(
        "whole(start, content, rest, /)",
        "The bytes of a response: a head up to its length, what follows that, and the body.",
        head::whole,
    ),
    function("head(first_line, rows, /)", "The bytes of a head.", head::head),
    function(
        "unchunk(data, start, state, /)",
        "(content, end, state) of what came in chunks; a text if it is wrong.",
        chunks::unchunk,
    ),
    function("frame(first, data, masked, /)", "A frame of a WebSocket.", frames::frame),
    function(
        "parse_frame(data, start, limit, masked, squeezed, /)",
        "(end, first byte, content); None: not complete; (code, text): wrong.",
        frames::parse_frame,
    ),
    function("accept_key(key, /)", "The answer to a key of a handshake.", frames::accept_key),
    function("quote(text, safe, requote, /)", "A part of a URL, quoted.", quoting::quote),
    function("unquote(text, keep, plus, /)", "What a part of a URL means.", quoting::unquote),
    function("b64encode(data, /)", "Base 64, as text.", quoting::encode_base64),
    function("b64decode(text, /)", "Bytes of base 64, or None.", quoting::decode_base64),
];

pub fn module(cx: &mut Cx, dict: Gc<Dict>) -> Result<(), Stop> {
    add_functions(cx, dict, FUNCTIONS, "_http");
    Ok(())
}
