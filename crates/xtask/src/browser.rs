//! The pages in a real browser: Debian's Chromium, driven from Node.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::steps::{cargo, in_root, release_binary, root, step};
use crate::tools::{debian, debian_packages, typeface};

/// Where the tests are.
const FOLDER: &str = "crates/onsale/tests/browser";

/// The oldest Node that they run on.
const NODE_MAJOR_MIN: u32 = 20;

/// How much is tried: tabs, buyers and rows of fifty seats of the crowd, how late a tab may be with
/// the truth, and whether every state of every page is judged and pictured in every size and theme, or
/// in one for each language.
type Extent = [(&'static str, &'static str)];

/// What CI has time for. That nobody is late by more than a second is for the whole form to show: here
/// other tests run on the same processors. For the same reason half of forty moves over the map may be
/// interrupted; a map that is drawn anew is so at every one.
const SHORT: &Extent = &[
    ("TEST_TABS", "6"),
    ("TEST_BUYERS", "40"),
    ("TEST_ROWS", "8"),
    ("TEST_LATE_MS_MAX", "10000"),
    ("TEST_INTERRUPTED_MAX", "19"),
];

/// All of it.
const LONG: &Extent = &[
    ("TEST_TABS", "20"),
    ("TEST_BUYERS", "200"),
    ("TEST_ROWS", "40"),
    ("TEST_EVERY_SIZE", "yes"),
];

/// Runs the short form against this server.
pub(crate) fn short_form(server: &Path) -> anyhow::Result<()> {
    prove(server, SHORT)
}

/// Runs all of it, against the release build: what a second is promised of.
pub(crate) fn alone() -> anyhow::Result<()> {
    prove(&built()?, LONG)
}

/// Draws the pictures of the README anew.
pub(crate) fn pictures() -> anyhow::Result<()> {
    let server = built()?;
    typeface("Noto Sans CJK KR", "fonts-noto-cjk")?;
    debian("pngquant", "pngquant")?;
    let folder = root().join(FOLDER);
    let mut command = node_beside(&server)?;
    command
        .arg(folder.join("pictures.js"))
        .env("FONTCONFIG_FILE", folder.join("support/fonts.conf"));
    step("the README's pictures", &mut command)
}

/// The release build of the server.
fn built() -> anyhow::Result<PathBuf> {
    let build = ["build", "--release", "--locked", "--package", "onsale"];
    step("build", cargo().args(build))?;
    Ok(release_binary("onsale"))
}

fn prove(server: &Path, extent: &Extent) -> anyhow::Result<()> {
    let mut command = node_beside(server)?;
    command
        .args(["--test", "--test-concurrency=1", "--test-reporter=spec"])
        .args(test_files()?)
        .envs(extent.iter().copied())
        .env("TEST_SCREENSHOTS", root().join("target/screenshots"));
    step("the pages in a browser", &mut command)
}

/// Node with all that a script needs which shows this server's pages in a browser.
fn node_beside(server: &Path) -> anyhow::Result<Command> {
    // The typeface for what is written in Korean: without one, pictures show boxes.
    let chromium = debian_packages("chromium", &["chromium", "fonts-nanum"])?;
    let node = Node::find()?;
    node.install_packages()?;
    let mut command = in_root(&node.node);
    command
        .env("TEST_BINARY", server)
        .env("TEST_CHROMIUM", chromium_path(&chromium));
    Ok(command)
}

/// Every test file, in order.
fn test_files() -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(root().join(FOLDER))? {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(".test.js") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// A browser is started by its whole path.
fn chromium_path(program: &Path) -> PathBuf {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&folders)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
        .unwrap_or_else(|| program.to_owned())
}

/// Node and its package manager.
struct Node {
    node: PathBuf,
    npm: PathBuf,
}

impl Node {
    /// Those of this machine, if they are new enough; otherwise those that come in a Python wheel.
    fn find() -> anyhow::Result<Self> {
        let system = Self {
            node: PathBuf::from("node"),
            npm: PathBuf::from("npm"),
        };
        if system.is_new_enough() {
            return Ok(system);
        }
        let requirements = Path::new(FOLDER).join("requirements.txt");
        let program = |name| crate::python::program("node", &requirements, name);
        Ok(Self {
            node: program("node")?,
            npm: program("npm")?,
        })
    }

    fn is_new_enough(&self) -> bool {
        let output = |program: &Path| Command::new(program).arg("--version").output().ok();
        let Some(version) = output(&self.node) else {
            return false;
        };
        let version = String::from_utf8_lossy(&version.stdout).into_owned();
        let major = version.trim_start_matches('v').split('.').next();
        let major: u32 = major.and_then(|text| text.parse().ok()).unwrap_or(0);
        major >= NODE_MAJOR_MIN && output(&self.npm).is_some_and(|npm| npm.status.success())
    }

    /// Installs what the lockfile names, once.
    fn install_packages(&self) -> anyhow::Result<()> {
        let folder = root().join(FOLDER);
        let wanted = std::fs::read_to_string(folder.join("package-lock.json"))?;
        let done = folder.join("node_modules/.installed");
        if std::fs::read_to_string(&done).ok().as_ref() == Some(&wanted) {
            return Ok(());
        }
        // The wheel's programs start each other by name.
        let own = self.node.parent().unwrap_or(Path::new("")).to_owned();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths(std::iter::once(own).chain(std::env::split_paths(&path)))?;
        step(
            "packages of the browser tests",
            Command::new(&self.npm)
                .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
                .current_dir(&folder)
                .env("PATH", path)
                .stdin(Stdio::null()),
        )?;
        Ok(std::fs::write(done, wanted)?)
    }
}
