//! A TCP proxy: the one address of a cluster, whoever is behind it, and a network that can fail.
//!
//! One thread each way for each connection; a drill has dozens of connections, not thousands. It
//! can lead elsewhere, cut, refuse, stand still, answer late, and hold one chosen packet back.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::ensure;

/// Bytes that are passed on at a time.
const CHUNK_BYTES: usize = 64 * 1024;

/// See the module. Every connection ends when it is dropped.
#[derive(Debug)]
pub struct Endpoint {
    /// Its port on 127.0.0.1.
    pub port: u16,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    /// The port of whom it leads to.
    target: u16,
    refuses: bool,
    paused: bool,
    answer_delay: Duration,
    trap: Trap,
    connections: HashMap<u64, [TcpStream; 2]>,
    ended: bool,
}

/// What is to be held back on its way to the server.
#[derive(Debug)]
enum Trap {
    /// Nothing.
    Open,
    /// The next packet that contains this.
    Set(Vec<u8>),
    /// It was caught, and waits.
    Sprung,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    ToServer,
    ToClient,
}

impl Endpoint {
    /// Begins to lead to the server on this port.
    pub fn to(target: u16) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                target,
                refuses: false,
                paused: false,
                answer_delay: Duration::ZERO,
                trap: Trap::Open,
                connections: HashMap::new(),
                ended: false,
            }),
            changed: Condvar::new(),
        });
        let accepting = {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || shared.accept(&listener))
        };
        Ok(Self {
            port,
            shared,
            accepting: Some(accepting),
        })
    }

    /// Leads to another server from now on; connections to the last one end.
    pub fn lead_to(&self, target: u16) {
        let mut state = self.shared.state();
        state.target = target;
        state.refuses = false;
        state.end_connections();
    }

    /// Ends every connection; new ones are made as before.
    pub fn cut(&self) {
        self.shared.state().end_connections();
    }

    /// Ends every connection, and refuses new ones until it is told not to.
    pub fn refuse(&self, refuses: bool) {
        let mut state = self.shared.state();
        state.refuses = refuses;
        if refuses {
            state.end_connections();
        }
    }

    /// Passes nothing on, in neither direction, until it is told to; connections stay open.
    pub fn pause(&self, paused: bool) {
        self.shared.state().paused = paused;
        self.shared.changed.notify_all();
    }

    /// Makes each answer of the server this late.
    pub fn delay_answers(&self, delay: Duration) {
        self.shared.state().answer_delay = delay;
    }

    /// Holds the next packet to the server that contains `bytes`, and with it its connection, until
    /// [`Self::release`]. Waits until there was one; an error where there was none for `at_most`.
    pub fn catch(&self, bytes: &[u8], at_most: Duration) -> anyhow::Result<()> {
        let mut state = self.shared.state();
        state.trap = Trap::Set(bytes.to_vec());
        let (mut state, _) = self
            .shared
            .changed
            .wait_timeout_while(state, at_most, |state| !matches!(state.trap, Trap::Sprung))
            .unwrap_or_else(PoisonError::into_inner);
        let caught = matches!(state.trap, Trap::Sprung);
        if !caught {
            state.trap = Trap::Open;
        }
        drop(state);
        ensure!(caught, "no such packet came by");
        Ok(())
    }

    /// Lets the packet go that was held back.
    pub fn release(&self) {
        self.shared.state().trap = Trap::Open;
        self.shared.changed.notify_all();
    }

    /// How many connections there are.
    pub fn connections(&self) -> usize {
        self.shared.state().connections.len()
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        {
            let mut state = self.shared.state();
            state.ended = true;
            state.paused = false;
            state.trap = Trap::Open;
            state.end_connections();
        }
        self.shared.changed.notify_all();
        // Wakes the thread that accepts; it sees that it should end.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}

impl State {
    fn end_connections(&mut self) {
        for (_, ends) in self.connections.drain() {
            for end in ends {
                // It may be closed already.
                let _ = end.shutdown(Shutdown::Both);
            }
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn accept(self: &Arc<Self>, listener: &TcpListener) {
        for (number, stream) in (0..).zip(listener.incoming()) {
            if self.state().ended {
                return;
            }
            // One that is gone before it was accepted is nobody's.
            if let Ok(stream) = stream {
                let shared = Arc::clone(self);
                std::thread::spawn(move || {
                    // Where the server is not there, its client sees a connection that ends.
                    let _ = shared.lead(number, stream);
                });
            }
        }
    }

    /// Passes on what comes, until either end closes.
    fn lead(self: Arc<Self>, number: u64, client: TcpStream) -> std::io::Result<()> {
        let Some(target) = self.open_target() else {
            return Ok(());
        };
        let server = TcpStream::connect((Ipv4Addr::LOCALHOST, target))?;
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        let ends = [client.try_clone()?, server.try_clone()?];
        {
            let mut state = self.state();
            if state.ended || state.refuses || state.target != target {
                return Ok(());
            }
            state.connections.insert(number, ends);
        }
        let (from_server, to_client) = (server.try_clone()?, client.try_clone()?);
        let back = {
            let shared = Arc::clone(&self);
            std::thread::spawn(move || shared.pass_on(from_server, to_client, Way::ToClient))
        };
        self.pass_on(client, server, Way::ToServer);
        let _ = back.join();
        self.state().connections.remove(&number);
        Ok(())
    }

    /// Whom to lead to, once it is not paused; `None`: nobody.
    fn open_target(&self) -> Option<u16> {
        let state = self
            .changed
            .wait_while(self.state(), |state| state.paused)
            .unwrap_or_else(PoisonError::into_inner);
        (!state.ended && !state.refuses).then_some(state.target)
    }

    fn pass_on(&self, mut from: TcpStream, mut to: TcpStream, way: Way) {
        let mut chunk = vec![0; CHUNK_BYTES];
        while let Ok(len @ 1..) = from.read(&mut chunk) {
            self.hold_up(&chunk[..len], way);
            if to.write_all(&chunk[..len]).is_err() {
                break;
            }
        }
        let _ = from.shutdown(Shutdown::Both);
        let _ = to.shutdown(Shutdown::Both);
    }

    /// Waits as long as these bytes are to be held up.
    fn hold_up(&self, bytes: &[u8], way: Way) {
        let mut state = self.state();
        if way == Way::ToServer
            && let Trap::Set(wanted) = &state.trap
            && bytes.windows(wanted.len()).any(|found| found == wanted)
        {
            state.trap = Trap::Sprung;
            self.changed.notify_all();
            state = self
                .changed
                .wait_while(state, |state| matches!(state.trap, Trap::Sprung))
                .unwrap_or_else(PoisonError::into_inner);
        }
        let state = self
            .changed
            .wait_while(state, |state| state.paused)
            .unwrap_or_else(PoisonError::into_inner);
        let delay = state.answer_delay;
        drop(state);
        if way == Way::ToClient && !delay.is_zero() {
            std::thread::sleep(delay);
        }
    }
}
