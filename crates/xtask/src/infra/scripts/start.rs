//! The instances' start script, as Terraform renders it, on stand-ins.

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

use anyhow::{Context, ensure};

use super::sandbox::Sandbox;
use crate::infra::State;
use crate::infra::terraform::said;
use crate::tools::debian;

const AWS: &str = r#"
case "$*" in
    *SecretString*admin*|*admin*SecretString*) echo admin-token-of-the-test ;;
    *redis*SecretString*) echo redis-token-of-the-test ;;
    *SecretString*) echo '{"username":"onsale","password":"p@ss/w:rd#1"}' ;;
    *VersionId*) cat "$ONSALE_ROOT/version" ;;
    *get-login-password*) echo login ;;
esac"#;
const CURL: &str = r#"
case "$*" in
    *latest/api/token*) echo imds ;;
    *instance-id*) echo i-0123456789 ;;
    *truststore*) while [[ $# -gt 0 ]]; do [[ $1 == -o ]] && echo CA >"$2"; shift; done ;;
esac"#;

/// Decodes the environment's user data and starts an instance with it, well and badly.
pub(in crate::infra) fn check_user_data(state: &State) -> anyhow::Result<()> {
    println!("\n==> start script of {}", state.environment);
    debian("jq", "jq")?;
    let sandbox = Sandbox::new(&format!("start-{}", state.environment))?;
    let script = decode(
        &sandbox,
        state.one("aws_launch_template.this")?.text("user_data")?,
    )?;
    for program in ["dnf", "systemctl", "docker", "journalctl"] {
        sandbox.stub(program, "")?;
    }
    sandbox.stub("docker", "[[ $1 == login ]] && cat >/dev/null; true")?;
    sandbox.stub("aws", AWS)?;
    sandbox.stub("curl", CURL)?;
    let agent = "opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl";
    sandbox.program(&sandbox.folder.join(agent), "agent", "")?;
    std::fs::write(sandbox.folder.join("version"), "v1")?;

    starts(&sandbox, &script, state)?;
    restarts_when_a_secret_changes(&sandbox)?;
    fails_loudly(&sandbox, &script)?;
    println!("<== start script of {}", state.environment);
    Ok(())
}

fn decode(sandbox: &Sandbox, encoded: &str) -> anyhow::Result<std::path::PathBuf> {
    let packed = sandbox.folder.join("user-data.base64");
    std::fs::write(&packed, encoded)?;
    let script = sandbox.folder.join("user-data.sh");
    let unpacked = Command::new("bash")
        .args(["-o", "pipefail", "-c", "base64 --decode \"$0\" | gunzip"])
        .arg(&packed)
        .output()?;
    ensure!(
        unpacked.status.success(),
        "the user data cannot be unpacked"
    );
    std::fs::write(&script, &unpacked.stdout)?;
    Ok(script)
}

fn boot(sandbox: &Sandbox, script: &std::path::Path) -> anyhow::Result<Output> {
    let mut command = Command::new("bash");
    command
        .arg(script)
        .env("ONSALE_ROOT", &sandbox.folder)
        .env("ONSALE_ETC", sandbox.folder.join("etc/onsale"))
        .env("ONSALE_RUN", sandbox.folder.join("run/onsale"))
        .env("ONSALE_READY_SECS", "1")
        .env("ONSALE_RETRY_SECS", "0");
    sandbox.run(&mut command, "")
}

fn starts(sandbox: &Sandbox, script: &std::path::Path, state: &State) -> anyhow::Result<()> {
    let output = boot(sandbox, script)?;
    ensure!(
        output.status.success(),
        "the start failed:\n{}",
        said(&output)
    );
    sandbox.expect_calls(&[
        "dnf install -y docker jq amazon-cloudwatch-agent",
        "systemctl enable --now docker",
        "docker login --username AWS",
        "docker pull ",
        ":v1 migrate",
        "systemctl enable --now onsale.service",
        "agent -a fetch-config",
        "--lifecycle-action-result CONTINUE",
    ])?;
    let read = |path: &str| {
        std::fs::read_to_string(sandbox.folder.join(path))
            .with_context(|| format!("the start did not write {path}"))
    };
    let env = read("run/onsale/env")?;
    let mode = std::fs::metadata(sandbox.folder.join("run/onsale/env"))?
        .permissions()
        .mode();
    ensure!(
        mode & 0o777 == 0o600,
        "others may read the secrets: {mode:o}"
    );
    for line in [
        "ONSALE_LISTEN=0.0.0.0:8080",
        "ONSALE_LOG_FORMAT=json",
        "ONSALE_SHUTDOWN_GRACE_MS=25000",
        "ONSALE_DATABASE_URL=mysql://onsale:p%40ss%2Fw%3Ard%231@",
        "ONSALE_DATABASE_READER_URL=mysql://",
        "ONSALE_REDIS_URL=rediss://:",
        "ONSALE_ADMIN_TOKEN=",
    ] {
        ensure!(
            env.contains(line),
            "the container is not told {line}\n{env}"
        );
    }
    let spoken = said(&output);
    ensure!(
        !spoken.contains("of-the-test") && !spoken.contains("p@ss"),
        "a secret was printed"
    );
    let unit = read("etc/systemd/system/onsale.service")?;
    ensure!(
        unit.contains("--stop-timeout 30") && unit.contains("--env-file /run/onsale/env"),
        "{unit}"
    );
    let agent = read("opt/aws/amazon-cloudwatch-agent/etc/amazon-cloudwatch-agent.json")?;
    let agent: serde_json::Value =
        serde_json::from_str(&agent).context("the agent's configuration")?;
    let namespace = &agent["metrics"]["namespace"];
    ensure!(
        namespace == &format!("Onsale/onsale-{}", state.environment),
        "the agent reports to {namespace}"
    );
    Ok(())
}

fn restarts_when_a_secret_changes(sandbox: &Sandbox) -> anyhow::Result<()> {
    let look = || {
        let mut command = Command::new("bash");
        command
            .arg(sandbox.folder.join("usr/local/bin/onsale-env"))
            .arg("--restart-if-changed")
            .env("ONSALE_ROOT", &sandbox.folder)
            .env("ONSALE_ETC", sandbox.folder.join("etc/onsale"))
            .env("ONSALE_RUN", sandbox.folder.join("run/onsale"));
        sandbox.run(&mut command, "")
    };
    look()?;
    sandbox.expect_no_call("systemctl restart")?;
    std::fs::write(sandbox.folder.join("version"), "v2")?;
    look()?;
    sandbox.expect_calls(&["systemctl restart onsale.service"])
}

fn fails_loudly(sandbox: &Sandbox, script: &std::path::Path) -> anyhow::Result<()> {
    for (program, body) in [
        ("docker", "[[ $1 != pull ]]"),
        ("curl", "[[ $* != *ready* ]]"),
        ("dnf", "false"),
    ] {
        let good = std::fs::read_to_string(sandbox.folder.join("bin").join(program))?;
        sandbox.stub(program, body)?;
        let output = boot(sandbox, script)?;
        ensure!(
            !output.status.success(),
            "a failing {program} goes unnoticed"
        );
        ensure!(
            said(&output).contains("FATAL"),
            "a failing {program} is not told of"
        );
        sandbox.expect_calls(&["--lifecycle-action-result ABANDON"])?;
        sandbox.expect_no_call("CONTINUE")?;
        std::fs::write(sandbox.folder.join("bin").join(program), good)?;
    }
    Ok(())
}
