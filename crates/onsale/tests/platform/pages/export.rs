//! An export of any length is written while it is read: it takes the time of its lines, and the
//! memory of one part.
//!
//! `TEST_EXPORT_ROWS=1000000 cargo nextest run -p onsale --no-capture memory_of_one_part` says what a
//! million costs.

use std::time::Instant;

use futures_util::future::join_all;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::server::{House, Server};

/// Reservations of the short exports, which bring memory to where it stays, and each step of more.
const STEP: usize = 20_000;

/// Short exports at a time.
const AT_ONCE: usize = 8;

/// Reservations of the long export, where nothing else is said.
const ROWS: usize = 300_000;

/// That many more reservations, and a ticket of each.
const FILL: &str = "
    CREATE TEMP TABLE new AS WITH RECURSIVE n (i) AS
        (SELECT (SELECT COUNT(*) FROM reservations) UNION ALL SELECT i + 1 FROM n LIMIT 20000)
        SELECT unhex(printf('01900000000070008000%012x', i)) AS id, i FROM n;
    INSERT INTO reservations (reservation_id, event_id, user_id, seat_type, quantity, total_price,
        reserved_at, status, extended)
        SELECT id, 1, 'buyer' || i || '@example.com', 'R', 1, 100000, i, 'CONFIRMED', 0 FROM new;
    INSERT INTO tickets (reservation_id, number, state) SELECT id, 1, 'VALID' FROM new;
    DROP TABLE new";

/// What an export was like.
struct Export {
    lines: usize,
    bytes: usize,
}

/// Reads an export as it comes, and keeps nothing of it.
async fn export(server: &Server) -> Export {
    let (began, before) = (Instant::now(), server.resident_bytes());
    let mut stream = server.connect().await;
    let request = "GET /admin/events/1/reservations.csv HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
        accept: text/csv\r\n\r\n";
    stream.write_all(request.as_bytes()).await.expect("sent");
    let (mut lines, mut bytes) = (0, 0);
    let mut part = vec![0; 64 * 1024];
    loop {
        let len = stream.read(&mut part).await.expect("the next part");
        if len == 0 {
            break;
        }
        bytes += len;
        // The buyer's address is the only one in a line.
        lines += part[..len].split(|byte| *byte == b'@').count() - 1;
    }
    let (after, peak) = (server.resident_bytes(), server.peak_bytes());
    println!(
        "{lines} lines, {bytes} bytes, {:?}; resident {before} bytes before and {after} after, \
         {peak} at most",
        began.elapsed()
    );
    Export { lines, bytes }
}

#[tokio::test]
async fn an_export_takes_the_memory_of_one_part() {
    let rows = std::env::var("TEST_EXPORT_ROWS").ok();
    let rows = rows.and_then(|rows| rows.parse().ok()).unwrap_or(ROWS);
    let house = House::on_file();
    let server = house.open();
    server.event(json!({ "totalSeats": 10 })).await;
    house.break_with(FILL).await;
    // Several at once, so that every connection to the database has had its part.
    let short = join_all((0..AT_ONCE).map(|_| export(&server))).await;
    let peak = server.peak_bytes();
    for _ in 1..rows / STEP {
        house.break_with(FILL).await;
    }
    let long = export(&server).await;

    assert!(short.iter().all(|short| short.lines == STEP));
    assert_eq!(long.lines, rows / STEP * STEP);
    // Whatever held the file, or the rows that it is written of, would have grown by more than it. The
    // allocator and the database keep some for themselves, whatever the length.
    // The kernel adds its figures up a little late, so that even a peak may shrink.
    let grown = server.peak_bytes().saturating_sub(peak);
    assert!(grown < long.bytes, "{grown} of {}", long.bytes);
}
