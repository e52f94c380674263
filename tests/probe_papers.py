"""Makes the certificates of the fault lab with openssl: good ones, and one of each kind of bad ones."""

import shutil
import ssl
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

HOST = "gate.harbour.test"
DAY = timedelta(days=1)
_CONFIG = """
[ca]
default_ca = lab
[lab]
database = {folder}/index.txt
new_certs_dir = {folder}
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
organizationName = optional
"""


@dataclass(frozen=True)
class Paper:
    """A certificate with its key, as a server loads them."""

    chain: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.chain, self.key)
        return context


class Papers:
    """Three issuers: the root that the lab trusts, its intermediate, and an inspecting proxy that nobody trusts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "index.txt").touch()
        (folder / "ca.cnf").write_text(_CONFIG.format(folder=folder))
        self.root = self._own("root", "/O=Harbour/CN=Harbour Root CA")
        self.proxy = self._own("proxy", "/O=Wall Ltd/CN=Wall Web Inspection CA")
        self.stranger = self._own("stranger", "/O=Firm/CN=Firm Devices CA")
        ca = "basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign"
        self.between = self.issue("between", "/O=Harbour/CN=Harbour Servers R3", extensions=ca)

    def issue(
        self, name: str, subject: str = f"/CN={HOST}", by: Paper | None = None, begins: timedelta = -DAY,
        ends: timedelta = 365 * DAY, extensions: str = f"subjectAltName=DNS:{HOST}", key: str = "ec:prime256v1",
    ) -> Paper:  # fmt: skip
        issuer = by or self.root
        files = {kind: self.folder / f"{name}.{kind}" for kind in ("key", "csr", "pem", "ext")}
        files["ext"].write_text(extensions)
        self._openssl("req", "-new", "-nodes", *_key(key), "-subj", subject, "-keyout", files["key"],
                      "-out", files["csr"])  # fmt: skip
        now = datetime.now(UTC)
        self._openssl("ca", "-batch", "-notext", "-config", self.folder / "ca.cnf", "-in", files["csr"],
                      "-out", files["pem"], "-cert", issuer.chain, "-keyfile", issuer.key,
                      "-startdate", _at(now + begins), "-enddate", _at(now + ends),
                      "-extfile", files["ext"])  # fmt: skip
        return Paper(files["pem"], files["key"])

    def chained(self, name: str) -> Paper:
        """Issued by the intermediate, and sent with it."""
        leaf = self.issue(f"{name}-leaf", by=self.between)
        whole = self.folder / f"{name}.pem"
        whole.write_text(leaf.chain.read_text() + self.between.chain.read_text())
        return Paper(whole, leaf.key)

    def _own(self, name: str, subject: str) -> Paper:
        made, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        self._openssl("req", "-x509", "-nodes", *_key("ec:prime256v1"), "-days", "3650", "-subj", subject,
                      "-keyout", key, "-out", made)  # fmt: skip
        return Paper(made, key)

    def self_signed(self) -> Paper:
        return self._own("self", f"/CN={HOST}")

    def _openssl(self, *arguments: object) -> None:
        openssl = shutil.which("openssl")
        assert openssl, "openssl is needed to make certificates"
        done = subprocess.run([openssl, *map(str, arguments)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def _key(kind: str) -> list[str]:
    algorithm, _, detail = kind.partition(":")
    return ["-newkey", "ec", "-pkeyopt", f"ec_paramgen_curve:{detail}"] if algorithm == "ec" else ["-newkey", kind]


def _at(moment: datetime) -> str:
    return f"{moment:%Y%m%d%H%M%SZ}"
