package dev.muster.ingress.grpc;

import io.grpc.util.AdvancedTlsX509KeyManager;
import java.io.File;
import java.io.IOException;
import java.security.GeneralSecurityException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The gateway's certificate and key. They are read again when both files have changed. Confined to one thread after
 * {@link #load}.
 */
final class CertificateFiles {
    private static final Logger LOG = LoggerFactory.getLogger(CertificateFiles.class);

    private final File cert;
    private final File key;
    private final AdvancedTlsX509KeyManager keys;
    private Stamp loaded = new Stamp(0, 0);
    private Stamp failed = new Stamp(0, 0);

    /** When the files were changed, in milliseconds. */
    private record Stamp(long cert, long key) {}

    CertificateFiles(String certFile, String keyFile, AdvancedTlsX509KeyManager keys) {
        this.cert = new File(certFile);
        this.key = new File(keyFile);
        this.keys = keys;
    }

    void load() throws IOException, GeneralSecurityException {
        Stamp now = stamp();
        keys.updateIdentityCredentials(cert, key);
        loaded = now;
    }

    /** The last good certificate stays if the new one is unusable; that is reported once per change. */
    void reloadIfChanged() {
        Stamp now = stamp();
        if (now.cert() == loaded.cert() || now.key() == loaded.key() || now.equals(failed)) {
            return;
        }
        try {
            load();
            LOG.atInfo().addKeyValue("file", cert).log("a new certificate serves new connections");
        } catch (IOException | GeneralSecurityException | RuntimeException e) {
            failed = now;
            LOG.atWarn()
                    .addKeyValue("file", cert)
                    .addKeyValue("reason", String.valueOf(e.getMessage()))
                    .log("the changed certificate cannot be used; the last one stays");
        }
    }

    private Stamp stamp() {
        return new Stamp(cert.lastModified(), key.lastModified());
    }
}
