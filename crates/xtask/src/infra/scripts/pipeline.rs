//! What pipelines run: deploy, destroy, build, push, wait, and the container's own scripts.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::{Command, Output};

use anyhow::ensure;

use super::sandbox::Sandbox;
use crate::infra::terraform::said;
use crate::steps::root;

const TERRAFORM: &str = r#"
case "$*" in
    *"output -raw autoscaling_group_name"*) echo onsale-dev ;;
    *"output -raw url"*) echo http://alb.example.com ;;
    *"output -raw ecr_repository_url"*) echo 1.dkr.ecr/onsale-dev ;;
esac"#;

/// Runs each script on stand-ins, where it should succeed and where it should refuse.
pub(super) fn check() -> anyhow::Result<()> {
    println!("\n==> pipeline scripts on stand-ins");
    let sandbox = Sandbox::new("pipeline")?;
    sandbox.stub("terraform", TERRAFORM)?;
    sandbox.stub("curl", "")?;
    sandbox.stub("docker", "[[ $1 == login ]] && cat >/dev/null; true")?;
    deploys(&sandbox)?;
    destroys(&sandbox)?;
    pushes(&sandbox)?;
    builds(&sandbox)?;
    asks_for_health()?;
    println!("<== pipeline scripts");
    Ok(())
}

fn script(
    sandbox: &Sandbox,
    path: &str,
    arguments: &[&str],
    input: &str,
) -> anyhow::Result<Output> {
    let mut command = Command::new(root().join("infra").join(path));
    command
        .args(arguments)
        .env("ONSALE_STATE_BUCKET", "state")
        .env("ONSALE_REFRESH_SECS", "0")
        .env("ONSALE_CHECK_SECS", "0")
        .env("AWS_REGION", "ap-northeast-2");
    sandbox.run(&mut command, input)
}

fn succeeds(output: &Output, what: &str) -> anyhow::Result<()> {
    ensure!(output.status.success(), "{what} failed:\n{}", said(output));
    Ok(())
}

fn refuses(output: &Output, what: &str) -> anyhow::Result<()> {
    ensure!(
        !output.status.success(),
        "{what} should have been refused:\n{}",
        said(output)
    );
    Ok(())
}

fn deploys(sandbox: &Sandbox) -> anyhow::Result<()> {
    let image = ["dev", "--image", "v2"];
    sandbox.stub("aws", "echo Successful")?;
    succeeds(
        &script(sandbox, "deploy.sh", &["dev", "--image", "v2", "--yes"], "")?,
        "a deployment",
    )?;
    sandbox.expect_calls(&[
        "terraform init",
        "bucket=state",
        "terraform plan",
        "image_tag=v2",
        "terraform apply",
        "aws autoscaling describe-instance-refreshes",
        "curl",
        "/api/health/ready",
    ])?;
    succeeds(
        &script(sandbox, "deploy.sh", &image, "yes\n")?,
        "a deployment that was agreed to",
    )?;
    refuses(
        &script(sandbox, "deploy.sh", &image, "no\n")?,
        "a deployment that was not agreed to",
    )?;
    sandbox.expect_no_call("terraform apply")?;
    refuses(
        &script(sandbox, "deploy.sh", &["dev", "--yes"], "")?,
        "a deployment of no image",
    )?;
    refuses(
        &script(sandbox, "deploy.sh", &["staging"], "")?,
        "an unknown environment",
    )?;
    succeeds(
        &script(
            sandbox,
            "deploy.sh",
            &["dev", "--repository-only", "--yes"],
            "",
        )?,
        "the repository alone",
    )?;
    sandbox.expect_calls(&["-target=module.compute.aws_ecr_repository.this"])?;
    sandbox.stub("aws", "echo RollbackSuccessful")?;
    let rolled_back = script(sandbox, "deploy.sh", &["dev", "--image", "v2", "--yes"], "")?;
    refuses(&rolled_back, "a rollout that was rolled back")
}

fn destroys(sandbox: &Sandbox) -> anyhow::Result<()> {
    succeeds(
        &script(sandbox, "destroy.sh", &["dev", "--yes"], "")?,
        "an end",
    )?;
    sandbox.expect_calls(&["terraform plan -destroy", "terraform destroy"])?;
    refuses(
        &script(sandbox, "destroy.sh", &["prod", "--yes"], "")?,
        "an end of production unasked",
    )?;
    sandbox.expect_no_call("terraform")?;
    refuses(
        &script(sandbox, "destroy.sh", &["prod"], "yes\n")?,
        "an end without its name",
    )?;
    sandbox.expect_no_call("terraform destroy")?;
    succeeds(
        &script(sandbox, "destroy.sh", &["prod"], "prod\n")?,
        "an end of production",
    )?;
    sandbox.expect_calls(&["-var=protected=false", "terraform destroy"])
}

fn pushes(sandbox: &Sandbox) -> anyhow::Result<()> {
    let scan = |critical: &str| {
        format!(
            "case \"$*\" in *describe-images*) exit 1 ;; *scan-findings*) echo {critical} ;; *) echo ok ;; esac"
        )
    };
    let arguments = ["1.dkr.ecr/onsale-dev", "v2"];
    sandbox.stub("aws", &scan("None"))?;
    succeeds(
        &script(sandbox, "pipeline/push.sh", &arguments, "")?,
        "a push",
    )?;
    sandbox.expect_calls(&[
        "docker login --username AWS --password-stdin 1.dkr.ecr",
        "docker push 1.dkr.ecr/onsale-dev:v2",
        "aws ecr wait image-scan-complete",
    ])?;
    sandbox.stub("aws", &scan("3"))?;
    refuses(
        &script(sandbox, "pipeline/push.sh", &arguments, "")?,
        "an image with critical findings",
    )?;
    sandbox.stub("aws", "")?;
    succeeds(
        &script(sandbox, "pipeline/push.sh", &arguments, "")?,
        "a push of what is there",
    )?;
    sandbox.expect_no_call("docker push")
}

fn builds(sandbox: &Sandbox) -> anyhow::Result<()> {
    succeeds(
        &script(sandbox, "pipeline/build.sh", &["v2"], "")?,
        "a build",
    )?;
    sandbox.expect_calls(&[
        "docker build --pull --build-arg SOURCE_DATE_EPOCH=",
        "--tag onsale:v2",
    ])?;
    let target = sandbox.folder.join("target");
    sandbox.stub(
        "cargo",
        "install -D /bin/true \"$CARGO_TARGET_DIR/release/onsale\"",
    )?;
    sandbox.stub("strip", "")?;
    let out = sandbox.folder.join("out");
    let mut compile = Command::new(root().join("infra/container/compile.sh"));
    compile.arg(&out).env("CARGO_TARGET_DIR", &target);
    succeeds(&sandbox.run(&mut compile, "")?, "the image's compilation")?;
    sandbox.expect_calls(&["cargo build --release --locked --package onsale"])?;
    ensure!(
        out.join("onsale").is_file(),
        "the image would have no binary"
    );
    Ok(())
}

/// The container's health check against a server that is well, and one that is not.
fn asks_for_health() -> anyhow::Result<()> {
    for (status, healthy) in [("200 OK", true), ("503 Service Unavailable", false)] {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        let server = std::thread::spawn(move || -> std::io::Result<()> {
            let (mut stream, _) = listener.accept()?;
            // The whole head: closed with something unread, the connection would be reset.
            let mut asked = Vec::new();
            while !asked.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte)?;
                asked.push(byte[0]);
            }
            stream.write_all(answer.as_bytes())
        });
        let outcome = Command::new(root().join("infra/container/health.sh"))
            .env("ONSALE_LISTEN", format!("0.0.0.0:{port}"))
            .status()?;
        server
            .join()
            .map_err(|_| anyhow::anyhow!("the test's server panicked"))??;
        ensure!(
            outcome.success() == healthy,
            "{status} is taken for healthy: {}",
            outcome.success()
        );
    }
    Ok(())
}
