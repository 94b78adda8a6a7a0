package dev.muster.ingress;

import dev.muster.kit.settings.Env;
import dev.muster.kit.settings.Setting;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The gateway's certificate, and the authority of its agents' certificates. Empty: none.
 *
 * @param reloadMillis how often the certificate's files are looked at
 */
record TlsFiles(String cert, String key, String clientCa, int reloadMillis) {
    private static final Setting TLS_CERT_FILE =
            Setting.text("MUSTER_INGRESS_TLS_CERT_FILE", "", "Certificate chain in PEM; empty: no TLS.");
    private static final Setting TLS_KEY_FILE =
            Setting.text("MUSTER_INGRESS_TLS_KEY_FILE", "", "Private key of the certificate, PKCS#8 in PEM.");
    private static final Setting TLS_CLIENT_CA_FILE = Setting.text(
            "MUSTER_INGRESS_TLS_CLIENT_CA_FILE",
            "",
            "Authority of agents' certificates in PEM. With it every agent needs one; a common name that is a node's id is good for that node alone.");
    private static final Setting TLS_RELOAD_MS = Setting.number(
            "MUSTER_INGRESS_TLS_RELOAD_MS",
            60_000,
            100,
            86_400_000,
            "How often the certificate's files are looked at; a changed one serves the next connection.");

    static final List<Setting> SETTINGS = List.of(TLS_CERT_FILE, TLS_KEY_FILE, TLS_CLIENT_CA_FILE, TLS_RELOAD_MS);

    static TlsFiles from(Env env) {
        TlsFiles files = new TlsFiles(
                env.text(TLS_CERT_FILE),
                env.text(TLS_KEY_FILE),
                env.text(TLS_CLIENT_CA_FILE),
                env.integer(TLS_RELOAD_MS));
        for (Setting file : List.of(TLS_CERT_FILE, TLS_KEY_FILE, TLS_CLIENT_CA_FILE)) {
            if (!env.text(file).isEmpty() && !Files.isReadable(Path.of(env.text(file)))) {
                env.mistake(file, "the file cannot be read");
            }
        }
        if (files.cert.isEmpty() != files.key.isEmpty()) {
            env.mistake(TLS_KEY_FILE, "a certificate and its key go together");
        }
        if (!files.clientCa.isEmpty() && files.cert.isEmpty()) {
            env.mistake(TLS_CLIENT_CA_FILE, "agents' certificates need TLS: set the gateway's own certificate too");
        }
        return files;
    }

    boolean isUsed() {
        return !cert.isEmpty();
    }
}
