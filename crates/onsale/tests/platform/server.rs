//! Starts the real server privately: on a free port, with its data in a folder of its own.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;

use hyper::header::{HeaderMap, HeaderName};
use load::client::{Answer, Client};
use load::target::Target;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::database::Database;

/// A folder with a database, and how the server on it is to be started.
pub(crate) struct House {
    folder: TempDir,
    database: Database,
    settings: Vec<(&'static str, String)>,
}

/// A running server; killed when dropped.
pub(crate) struct Server {
    /// Where it listens.
    pub(crate) url: String,
    process: Child,
    _stdout: BufReader<ChildStdout>,
}

/// The server's binary, as this test run built it.
pub(crate) fn onsale() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_onsale"));
    command
        .env_remove("ONSALE_ADMIN_TOKEN")
        .env("ONSALE_LOG_FILTER", "warn");
    command
}

impl House {
    /// An empty database of the kind that this run is about.
    pub(crate) fn new() -> Self {
        Self::with_database(Database::new)
    }

    /// A database on the server for tests, for a test of several nodes.
    pub(crate) fn on_server() -> Self {
        Self::with_database(|_| Database::on_server())
    }

    /// A file, for a test of what can befall files only.
    pub(crate) fn on_file() -> Self {
        Self::with_database(Database::file)
    }

    fn with_database(make: impl FnOnce(&Path) -> Database) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut settings = Vec::new();
        // The same tests, beside the Redis for tests: each house has its own part of it.
        if std::env::var("TEST_COORDINATION").is_ok_and(|by| by == "redis") {
            let name = folder.path().file_name().unwrap_or_default();
            let prefix = format!("test{}", name.to_string_lossy());
            settings.push(("ONSALE_REDIS_URL", servers::running::redis_url()));
            settings.push(("ONSALE_REDIS_PREFIX", prefix));
        }
        Self {
            database: make(folder.path()),
            folder,
            settings,
        }
    }

    /// With this environment variable set.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.settings.push((name, value.into()));
        self
    }

    /// Where the server works; a database that is a file is here.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The database's file.
    pub(crate) fn file(&self) -> &Path {
        match &self.database {
            Database::File(path) => path,
            Database::OnServer(_) => panic!("this house was not made on a file"),
        }
    }

    /// A command of ours on this database.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = onsale();
        command
            .current_dir(self.folder.path())
            .args(arguments)
            .arg("--database-url")
            .arg(self.database.url())
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }

    /// Starts a server, and waits until it listens.
    pub(crate) fn open(&self) -> Server {
        self.open_by(|serve| serve)
    }

    /// The same, by another command that comes to the same.
    pub(crate) fn open_by(&self, by: impl FnOnce(Command) -> Command) -> Server {
        let mut process = by(self.command(&["serve", "--listen", "127.0.0.1:0"]))
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut stdout = BufReader::new(process.stdout.take().expect("it was piped"));
        let mut line = String::new();
        stdout
            .read_line(&mut line)
            .expect("the server tells where it listens");
        let url = line
            .trim()
            .strip_prefix("listening on ")
            .expect("an address")
            .to_owned();
        Server {
            url,
            process,
            _stdout: stdout,
        }
    }

    /// The URL of its database.
    pub(crate) fn database_url(&self) -> String {
        self.database.url()
    }

    /// Runs a statement on the database behind the platform's back.
    pub(crate) async fn break_with(&self, statement: &'static str) {
        self.database.execute(statement).await;
    }

    /// Runs the audit; gives what it printed, and whether every invariant holds.
    pub(crate) fn audit(&self) -> (String, bool) {
        let output = self.command(&["audit"]).output().expect("the audit runs");
        let printed = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        (printed, output.status.success())
    }
}

impl Server {
    /// A client with a connection of its own.
    pub(crate) async fn client(&self) -> Client {
        let target = Target::resolve(&self.url).await.expect("an address");
        Client::new(target, Duration::from_secs(30))
    }

    /// Puts an event with these fields on sale, beside a name and a date; gives its id.
    pub(crate) async fn event(&self, fields: Value) -> i64 {
        let mut body = json!({ "eventName": "IU", "eventDate": "2099-12-31T19:00:00" });
        if let (Value::Object(body), Value::Object(fields)) = (&mut body, fields) {
            body.extend(fields);
        }
        let answer = self.client().await.post("/api/events", None, &body).await;
        let created = body_of(&answer.expect("an answer"), 201);
        created["eventId"].as_i64().expect("an id")
    }

    /// Sends these bytes on a connection of their own; gives what comes back until it closes.
    pub(crate) async fn raw(&self, request: &[u8]) -> String {
        let mut stream = self.connect().await;
        // The server may refuse, and close, before it has read everything.
        let _ = stream.write_all(request).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// A connection that has said nothing yet.
    pub(crate) async fn connect(&self) -> TcpStream {
        let address = self.url.trim_start_matches("http://");
        TcpStream::connect(address).await.expect("a connection")
    }

    /// Sends a request with these header lines on a connection of its own.
    pub(crate) async fn ask(&self, request: &str, headers: &str, body: &str) -> Answer {
        let mut stream = self.connect().await;
        let length = match body {
            "" => String::new(),
            body => format!(
                "content-type: application/json\r\ncontent-length: {}\r\n",
                body.len()
            ),
        };
        let request = format!(
            "{request} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{length}{headers}\r\n{body}"
        );
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        read_answer(&answer)
    }

    /// The most memory that it has had since it began, in bytes.
    #[cfg(target_os = "linux")]
    pub(crate) fn peak_bytes(&self) -> usize {
        self.memory("VmHWM:")
    }

    /// The memory that it has at the moment, in bytes.
    #[cfg(target_os = "linux")]
    pub(crate) fn resident_bytes(&self) -> usize {
        self.memory("VmRSS:")
    }

    #[cfg(target_os = "linux")]
    fn memory(&self, figure: &str) -> usize {
        let status = format!("/proc/{}/status", self.process.id());
        let status = std::fs::read_to_string(status).expect("the server runs");
        let line = status.lines().find_map(|line| line.strip_prefix(figure));
        let kib = line.and_then(|line| line.split_whitespace().next());
        let kib: usize = kib.and_then(|kib| kib.parse().ok()).expect("a figure");
        kib * 1_024
    }

    /// Ends it as a power cut would, from here on.
    pub(crate) fn kill(&mut self) {
        self.process.kill().expect("the server is ours to kill");
        self.process.wait().expect("the server ends");
    }

    /// Asks it to stop.
    pub(crate) fn terminate(&self) {
        let pid = Pid::from_child(&self.process);
        kill_process(pid, Signal::TERM).expect("the server is ours to stop");
    }

    /// Waits until it has ended.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.process.wait().expect("the server ends")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Reads an answer that ends with its connection.
pub(crate) fn read_answer(bytes: &[u8]) -> Answer {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    let (head, body) = bytes.split_at(end.expect("the end of a head") + 4);
    let head = std::str::from_utf8(head).expect("a head");
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1));
    let mut headers = HeaderMap::new();
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        let name: HeaderName = name.parse().expect("a name");
        headers.append(name, value.parse().expect("a value"));
    }
    Answer {
        status: status.and_then(|code| code.parse().ok()).expect("a status"),
        headers,
        body: body.to_vec().into(),
    }
}

/// The body of an answer that must have this status.
pub(crate) fn body_of(answer: &Answer, status: u16) -> Value {
    let text = String::from_utf8_lossy(&answer.body);
    assert_eq!(answer.status.as_u16(), status, "{text}");
    answer
        .json()
        .unwrap_or_else(|error| panic!("{error}: {text}"))
}
