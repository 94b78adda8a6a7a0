package dev.muster.ingress.grpc;

import dev.muster.contract.ids.Ids;
import io.grpc.Attributes;
import io.grpc.Grpc;
import java.security.Principal;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/** The content of an agent's certificate, if the gateway asks for one. */
final class PeerCertificate {
    private PeerCertificate() {}

    /**
     * A certificate whose common name is a node's id is valid only for that node. Any other certificate of the
     * authority is valid for all nodes, since the credential names the node.
     */
    static boolean allows(Attributes attributes, String nodeId) {
        SSLSession session = attributes.get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
        if (session == null) {
            return true;
        }
        try {
            return allows(session.getPeerPrincipal(), nodeId);
        } catch (SSLPeerUnverifiedException noneWasAskedFor) {
            return true;
        }
    }

    static boolean allows(Principal principal, String nodeId) {
        try {
            for (Rdn part : new LdapName(principal.getName()).getRdns()) {
                String value = String.valueOf(part.getValue());
                if (part.getType().equalsIgnoreCase("CN") && Ids.isId(Ids.Kind.NODE, value)) {
                    return value.equals(nodeId);
                }
            }
            return true;
        } catch (InvalidNameException e) {
            return false;
        }
    }
}
