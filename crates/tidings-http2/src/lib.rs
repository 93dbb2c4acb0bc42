//! HTTP/2 as a sans-I/O machine for both roles: frames, HPACK, flow control, streams.
