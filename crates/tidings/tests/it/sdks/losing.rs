//! A way to a server on which the first answer to each request is lost, after the server has acted; and on which each
//! stream of events breaks: the first at once, the others after an event.

use std::collections::HashSet;
use std::io::{BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

type Seen = Arc<Mutex<HashSet<String>>>;

/// Where the way begins; its threads end with the process.
pub(super) fn before(authority: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let authority = authority.to_owned();
    let seen = Seen::default();
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let (authority, seen) = (authority.clone(), Arc::clone(&seen));
            // A client that goes away ends it.
            std::thread::spawn(move || carry(client, &authority, &seen));
        }
    });
    url
}

/// Carries one request, and its answer unless it is the first of its kind.
fn carry(client: TcpStream, authority: &str, seen: &Seen) -> std::io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    let (head, body) = request(&mut reader)?;
    let line = head.lines().next().unwrap_or_default().to_owned();
    let mut server = TcpStream::connect(authority)?;
    server.write_all(head.as_bytes())?;
    server.write_all(&body)?;
    let is_first = seen.lock().unwrap().insert(line.clone());
    if line.starts_with("GET /v1/events") {
        return stream(client, server, is_first);
    }
    let mut answer = Vec::new();
    server.read_to_end(&mut answer)?;
    if !is_first {
        (&client).write_all(&answer)?;
    }
    Ok(())
}

/// A request, changed so that nothing comes after it on its connection.
fn request(reader: &mut impl std::io::BufRead) -> std::io::Result<(String, Vec<u8>)> {
    let mut head = String::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line == "\r\n" {
            break;
        }
        if !lower.starts_with("connection:") {
            head += &line;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok((head + "connection: close\r\n\r\n", body))
}

/// Carries a stream up to its first frame, or up to its first event; then comes half a frame, and nothing.
fn stream(mut client: TcpStream, server: TcpStream, is_first: bool) -> std::io::Result<()> {
    let last = if is_first { "retry:" } else { "data:" };
    let mut server = BufReader::new(server);
    loop {
        let line = pass_on(&mut server, &mut client)?;
        if line.starts_with(last.as_bytes()) {
            break;
        }
    }
    // The end of the frame, and of the chunk that it came in.
    pass_on(&mut server, &mut client)?;
    pass_on(&mut server, &mut client)?;
    client.write_all(b"20\r\nid: 99999\ndata: {\"half\":")
}

fn pass_on(server: &mut impl std::io::BufRead, client: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut line = Vec::new();
    if server.read_until(b'\n', &mut line)? == 0 {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    client.write_all(&line)?;
    Ok(line)
}
