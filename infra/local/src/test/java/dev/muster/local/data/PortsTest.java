package dev.muster.local.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class PortsTest {
    /**
     * The test asks for more than one in a hundred of the ports that a usual machine gives out, so that a port given
     * twice would show.
     */
    @Test
    void free_ports_that_were_asked_for_together_differ() {
        List<Integer> ports = Ports.free(400);
        assertThat(ports).hasSize(400).doesNotHaveDuplicates();
    }
}
